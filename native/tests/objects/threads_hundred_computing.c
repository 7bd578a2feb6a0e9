/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A hundred threads that compute, lock and yield all the time while checkpoints are taken; no count is lost. */
#include "testlib.h"
#include <pthread.h>
#include <sched.h>

#define N 100

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t started;
static unsigned long total;
static volatile bool stop;

static void *thread(void *arg)
{
    unsigned long mine = 0, *ret_mine = arg;

    pthread_barrier_wait(&started);
    while (!stop) {
        pthread_mutex_lock(&lock);
        total++;
        pthread_mutex_unlock(&lock);
        mine++;
        usleep(2000);
    }
    *ret_mine = mine;
    return NULL;
}

int main(void)
{
    pthread_t threads[N];
    unsigned long counts[N], sum = 0;

    pthread_barrier_init(&started, NULL, N + 1);
    for (int i = 0; i < N; i++)
        CHECK(pthread_create(&threads[i], NULL, thread, &counts[i]) == 0, "pthread_create");
    pthread_barrier_wait(&started);
    ready();
    wait_go();
    stop = true;
    for (int i = 0; i < N; i++)
        CHECK(pthread_join(threads[i], NULL) == 0, "pthread_join");
    for (int i = 0; i < N; i++)
        sum += counts[i];
    if (sabotaged())
        total++;
    CHECK(sum == total, "the threads counted %lu, the total is %lu", sum, total);
    CHECK(total >= N, "only %lu rounds", total);
    pass();
}
