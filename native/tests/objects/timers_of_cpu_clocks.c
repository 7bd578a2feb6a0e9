/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* timer_create on the CPU clocks of the process and of one thread: they run out after the computing time that was left.
 * Beside them hundreds of others, each with its own time and number. */
#include "testlib.h"
#include <pthread.h>

#define MANY 300

static volatile sig_atomic_t expired[2];
static volatile bool up;

static void handler(int signo)
{
    expired[signo - SIGRTMIN]++;
}

static double cpu_time(clockid_t clock)
{
    struct timespec t;

    MUST(clock_gettime(clock, &t));
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static timer_t make(clockid_t clock, int signo, time_t seconds, long nanoseconds)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signo};
    struct itimerspec t = {.it_value = {seconds, nanoseconds}};
    timer_t id;

    MUST(timer_create(clock, &event, &id));
    MUST(timer_settime(id, 0, &t, NULL));
    return id;
}

/* Computes for 0.3 s: the timer of 0.2 s runs out, another one of 1000 s does not. */
static void compute(clockid_t clock, int which)
{
    double started = cpu_time(clock);

    CHECK(expired[which] == 0, "the timer ran out before anybody computed");
    while (expired[which] == 0 && cpu_time(clock) < started + 5)
        ;
    CHECK(expired[which] == 1, "the timer of clock %d did not run out", (int)clock);
    CHECK(cpu_time(clock) > started + 0.1, "it ran out after %.3f s", cpu_time(clock) - started);
}

static void *thread(void *arg)
{
    struct itimerspec left;
    timer_t far = make(CLOCK_THREAD_CPUTIME_ID, SIGRTMIN, 1000, 0);

    make(CLOCK_THREAD_CPUTIME_ID, SIGRTMIN, 0, 200000000);
    up = true;
    wait_go_with_signals();
    compute(CLOCK_THREAD_CPUTIME_ID, 0);
    MUST(timer_gettime(far, &left));
    CHECK(left.it_value.tv_sec > 990 && left.it_value.tv_sec < 1000, "%ld s left",
          (long)left.it_value.tv_sec);
    return arg;
}

int main(void)
{
    struct itimerspec left;
    timer_t many[MANY];
    pthread_t id;

    signal(SIGRTMIN, handler);
    signal(SIGRTMIN + 1, handler);
    for (int i = 0; i < MANY; i++)
        many[i] = make(CLOCK_MONOTONIC, SIGRTMIN, 10000 + 1000 * i, 0);
    pthread_create(&id, NULL, thread, NULL);
    while (!up)
        moment(true);
    make(CLOCK_PROCESS_CPUTIME_ID, SIGRTMIN + 1, 2, 0);
    ready();
    wait_go_with_signals();
    if (sabotaged())
        MUST(timer_delete(many[7]));
    pthread_join(id, NULL);
    CHECK(expired[1] == 0, "the timer of the process ran out early");
    compute(CLOCK_PROCESS_CPUTIME_ID, 1);
    for (int i = 0; i < MANY; i++) {
        CHECK(timer_gettime(many[i], &left) == 0, "timer %d: %s", i, strerror(errno));
        CHECK(left.it_value.tv_sec > 9900 + 1000 * i && left.it_value.tv_sec < 10000 + 1000 * i,
              "timer %d: %ld s left", i, (long)left.it_value.tv_sec);
    }
    pass();
}
