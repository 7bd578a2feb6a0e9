/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* timer_create: ids, a timer far away, one that ticks with a value, one that ran out while its signal was blocked. */
#include "testlib.h"

static volatile sig_atomic_t ticks, last_value;

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    last_value = info->si_value.sival_int;
    ticks++;
}

static timer_t make(int signo, int value, time_t seconds, long nanoseconds, long interval)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signo, .sigev_value.sival_int = value};
    struct itimerspec t = {.it_value = {seconds, nanoseconds}, .it_interval.tv_nsec = interval};
    timer_t id;

    MUST(timer_create(CLOCK_MONOTONIC, &event, &id));
    MUST(timer_settime(id, 0, &t, NULL));
    return id;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerspec left;
    siginfo_t info;
    sigset_t set;

    MUST(sigaction(SIGRTMIN, &sa, NULL));
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    timer_t gone = make(SIGRTMIN, 0, 900, 0, 0); /* so that the ids that follow are not the first */
    timer_t far = make(SIGRTMIN, 1, 500, 0, 0);
    make(SIGRTMIN + 1, 2, 0, 1000000, 0);
    MUST(timer_delete(gone));
    timer_t ticking = make(SIGRTMIN, 3, 0, 1000000, 10000000);
    while (ticks < 3)
        moment(true);
    ready();
    wait_go_with_signals();
    if (sabotaged())
        MUST(timer_delete(ticking));
    MUST(timer_gettime(far, &left));
    CHECK(left.it_value.tv_sec >= 460 && left.it_value.tv_sec < 500, "%ld s left",
          (long)left.it_value.tv_sec);
    CHECK(sigtimedwait(&set, &info, &(struct timespec){0}) == SIGRTMIN + 1,
          "the signal that was blocked");
    CHECK(info.si_value.sival_int == 2, "its value is %d", info.si_value.sival_int);
    int before = ticks;
    for (double start = now(); ticks < before + 5; moment(true))
        CHECK(now() < start + 5, "the timer stopped after %d ticks", (int)ticks);
    CHECK(last_value == 3, "the value became %d", (int)last_value);
    MUST(timer_delete(ticking));
    MUST(timer_delete(far));
    pass();
}
