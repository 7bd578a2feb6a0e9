/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A thousand threads at once, most of them waiting, while others are made and end all the time. @timeout 90 */
#include "testlib.h"
#include <pthread.h>

#define N 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int started, ended;
static bool stop;
static __thread int mine;

static void *waiting(void *number)
{
    mine = (int)(intptr_t)number;
    pthread_mutex_lock(&lock);
    started++;
    pthread_cond_broadcast(&changed);
    while (!stop)
        pthread_cond_wait(&changed, &lock);
    ended++;
    pthread_mutex_unlock(&lock);
    return (void *)(intptr_t)mine;
}

static void *passing(void *number)
{
    return number;
}

/* Makes short threads, four at a time, until the end; returns how many there were. */
static void *maker(void *unused)
{
    pthread_t threads[4];
    long made = 0;
    bool go_on = true;

    (void)unused;
    while (go_on) {
        for (int i = 0; i < 4; i++)
            CHECK(pthread_create(&threads[i], NULL, passing, (void *)(made + i)) == 0, "create");
        for (int i = 0; i < 4; i++) {
            void *ret;
            CHECK(pthread_join(threads[i], &ret) == 0 && ret == (void *)(made + i), "join");
        }
        made += 4;
        usleep(1000);
        pthread_mutex_lock(&lock);
        go_on = !stop;
        pthread_mutex_unlock(&lock);
    }
    return (void *)made;
}

int main(void)
{
    static pthread_t threads[N];
    pthread_attr_t small;
    pthread_t making;
    void *ret;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < N; i++)
        CHECK(pthread_create(&threads[i], &small, waiting, (void *)(intptr_t)i) == 0, "create %d",
              i);
    CHECK(pthread_create(&making, NULL, maker, NULL) == 0, "create");
    pthread_mutex_lock(&lock);
    while (started < N)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    ready();
    wait_go();
    pthread_mutex_lock(&lock);
    stop = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < N; i++)
        CHECK(pthread_join(threads[i], &ret) == 0 && ret == (void *)(intptr_t)i, "join %d", i);
    CHECK(pthread_join(making, &ret) == 0 && (long)ret > 0, "the maker made none");
    CHECK(ended == N - sabotaged(), "%d threads have ended", ended);
    pass();
}
