/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* timer_create with SIGEV_THREAD, SIGEV_NONE and SIGEV_THREAD_ID: each goes on in its own way. libc runs the first kind
 * in a helper thread that blocks every signal. */
#include "testlib.h"
#include <pthread.h>

static volatile int calls, wrong, ticks;
static volatile pid_t by;

static void notify(union sigval value)
{
    wrong += value.sival_int != 4242;
    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
}

static void handler(int signo)
{
    (void)signo;
    ticks++;
    by = my_tid();
}

static timer_t make(struct sigevent *event, time_t seconds, long interval)
{
    struct itimerspec t = {.it_value = {seconds, seconds != 0 ? 0 : interval},
                           .it_interval.tv_nsec = interval};
    timer_t id;

    MUST(timer_create(CLOCK_MONOTONIC, event, &id));
    MUST(timer_settime(id, 0, &t, NULL));
    return id;
}

static volatile pid_t target;

static void *targeted(void *arg)
{
    target = my_tid();
    while (!exists("go"))
        moment(true);
    return arg;
}

int main(void)
{
    struct sigevent by_thread = {.sigev_notify = SIGEV_THREAD,
                                 .sigev_notify_function = notify,
                                 .sigev_value.sival_int = 4242},
                    none = {.sigev_notify = SIGEV_NONE},
                    one = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
    struct itimerspec left;
    pthread_t id;

    signal(SIGRTMIN, handler);
    timer_t ticking = make(&by_thread, 0, 10000000);
    timer_t quiet = make(&none, 600, 0);
    pthread_create(&id, NULL, targeted, NULL);
    while (target == 0)
        moment(true);
    one._sigev_un._tid = target;
    make(&one, 0, 20000000);
    while (calls < 3 || ticks < 3)
        moment(true);
    ready();
    wait_go_with_signals();
    if (sabotaged())
        MUST(timer_delete(ticking));
    moment(true);
    int before = calls;
    for (double start = now(); calls < before + 5; moment(true))
        CHECK(now() < start + 5, "no more calls after %d", calls);
    CHECK(wrong == 0, "%d calls with another value", wrong);
    CHECK(by == target, "the signal went to thread %d instead of %d", (int)by, (int)target);
    MUST(timer_gettime(quiet, &left));
    CHECK(left.it_value.tv_sec > 560 && left.it_value.tv_sec < 600, "%ld s left",
          (long)left.it_value.tv_sec);
    pass();
}
