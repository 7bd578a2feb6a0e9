/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* nanosleep, and clock_nanosleep with an absolute end, sleep their time and are never interrupted. */
#include "sleeping.h"
#include <pthread.h>

static void *absolute(void *arg)
{
    struct timespec end;
    double started = now();

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += nap.tv_sec;
    end.tv_nsec += nap.tv_nsec;
    if (end.tv_nsec >= 1000000000) {
        end.tv_nsec -= 1000000000;
        end.tv_sec++;
    }
    int err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
    CHECK(err == 0, "clock_nanosleep: %s", strerror(err));
    check_nap(started);
    return NULL;
}

int main(void)
{
    pid_t pid = start_watcher(NULL, NULL);
    pthread_t id;

    pthread_create(&id, NULL, absolute, NULL);
    double started = now();
    CHECK(nanosleep(&nap, NULL) == 0, "nanosleep: %s", strerror(errno));
    check_nap(started);
    pthread_join(id, NULL);
    expect_exit(pid, 0);
    pass();
}
