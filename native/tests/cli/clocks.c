/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Asks for the time all the time, in every way that libc takes to the vDSO, and compares with the kernel's own. */
#include "testlib.h"
#include <pthread.h>
#include <sched.h>
#include <sys/time.h>

static volatile int stop;

static long long raw_ns(clockid_t clock)
{
    struct timespec t;

    syscall(SYS_clock_gettime, clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long libc_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void clock_check(clockid_t clock)
{
    long long before = raw_ns(clock), between = libc_ns(clock), after = raw_ns(clock);

    CHECK(before <= between && between <= after, "clock %d says %lld between %lld and %lld",
          (int)clock, between, before, after);
}

static void others_check(void)
{
    struct timeval day;
    struct timespec coarse, resolution, raw;
    long long before = raw_ns(CLOCK_REALTIME) / 1000;

    gettimeofday(&day, NULL);
    long long between = day.tv_sec * 1000000LL + day.tv_usec, after = raw_ns(CLOCK_REALTIME) / 1000;
    CHECK(before <= between && between <= after, "the time of day is wrong");
    syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &coarse);
    time_t seconds = time(NULL);
    CHECK(seconds >= coarse.tv_sec && seconds <= coarse.tv_sec + 2, "time() is wrong");
    clock_getres(CLOCK_MONOTONIC, &resolution);
    syscall(SYS_clock_getres, CLOCK_MONOTONIC, &raw);
    CHECK(resolution.tv_nsec == raw.tv_nsec, "the resolution is wrong");
    int cpu = sched_getcpu();
    CHECK(cpu >= 0 && cpu < 4096, "CPU %d", cpu);
}

static void *ask(void *unused)
{
    while (!stop) {
        clock_check(CLOCK_MONOTONIC);
        clock_check(CLOCK_REALTIME);
        clock_check(CLOCK_BOOTTIME);
        clock_check(CLOCK_MONOTONIC_RAW);
        others_check();
        for (int i = 0; i < 200; i++) /* mostly inside of the vDSO */
            libc_ns(CLOCK_MONOTONIC);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, ask, NULL) == 0, "no thread");
    ready();
    wait_go();
    stop = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pass();
}
