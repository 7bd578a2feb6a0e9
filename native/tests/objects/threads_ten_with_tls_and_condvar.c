/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Ten threads: thread-local storage, a mutex, a condition variable, names, stacks and ids. */
#include "testlib.h"
#include <pthread.h>

#define N 10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting, turn = -1;
static __thread int tls_initialised = 41;
static __thread char tls_zeroed[4096];

static void *thread(void *arg)
{
    int me = (int)(intptr_t)arg;
    char name[16], want[16], on_stack[512];
    pid_t tid = my_tid();
    pthread_t self = pthread_self();

    snprintf(want, sizeof(want), "worker-%d", me);
    pthread_setname_np(self, want);
    tls_initialised += me;
    fill(tls_zeroed, sizeof(tls_zeroed), (uint64_t)me);
    fill(on_stack, sizeof(on_stack), (uint64_t)me + 100);
    pthread_mutex_lock(&lock);
    waiting++;
    while (turn != me)
        pthread_cond_wait(&changed, &lock);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (sabotaged() && me == 3)
        tls_zeroed[17] ^= 1;
    pthread_getname_np(pthread_self(), name, sizeof(name));
    CHECK(strcmp(name, want) == 0, "thread name '%s' became '%s'", want, name);
    CHECK(my_tid() == tid, "tid %d became %d", (int)tid, (int)my_tid());
    CHECK(pthread_equal(pthread_self(), self), "pthread_self changed");
    CHECK(tls_initialised == 41 + me, "thread-local integer of thread %d", me);
    CHECK(first_wrong(tls_zeroed, sizeof(tls_zeroed), (uint64_t)me) < 0, "thread-local array");
    CHECK(first_wrong(on_stack, sizeof(on_stack), (uint64_t)me + 100) < 0, "stack");
    return (void *)(intptr_t)(me * 3);
}

int main(void)
{
    pthread_t threads[N];
    void *result;

    for (int i = 0; i < N; i++)
        CHECK(pthread_create(&threads[i], NULL, thread, (void *)(intptr_t)i) == 0,
              "pthread_create");
    for (bool all = false; !all; moment(false)) {
        pthread_mutex_lock(&lock);
        all = waiting == N;
        pthread_mutex_unlock(&lock);
    }
    ready();
    wait_go();
    pthread_mutex_lock(&lock);
    turn = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], &result);
        CHECK(result == (void *)(intptr_t)(i * 3), "result of thread %d", i);
    }
    pass();
}
