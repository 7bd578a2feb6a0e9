/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Threads begin and end all the time while checkpoints are taken. */
#include "testlib.h"
#include <pthread.h>

static __thread int fresh = 5;

static void *thread(void *arg)
{
    CHECK(fresh == 5, "a new thread found a used thread-local variable");
    fresh = 6;
    return (char *)arg + 1;
}

int main(void)
{
    char *want = NULL;
    void *got = NULL;
    pthread_t id;

    ready();
    for (unsigned long round = 0; round == 0 || !exists("go"); round++) {
        want = (char *)round + 1;
        CHECK(pthread_create(&id, NULL, thread, (void *)round) == 0, "pthread_create");
        CHECK(pthread_join(id, &got) == 0, "pthread_join");
        CHECK(got == want, "round %lu: wrong result", round);
    }
    if (sabotaged())
        fresh = 7;
    CHECK(fresh == 5, "the main thread's variable changed");
    pass();
}
