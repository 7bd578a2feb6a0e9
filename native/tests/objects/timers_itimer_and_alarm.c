/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* alarm() and the three interval timers go on with the time they had left; SIGALRM comes once. */
#include "testlib.h"
#include <sys/time.h>

static volatile sig_atomic_t alarms, ticks;

static void handler(int signo)
{
    *(signo == SIGALRM ? &alarms : &ticks) += 1;
}

static void set(int which, time_t seconds, suseconds_t interval)
{
    struct itimerval t = {.it_value.tv_sec = seconds, .it_interval.tv_usec = interval};

    MUST(setitimer(which, &t, NULL));
}

int main(void)
{
    struct itimerval left;
    double start;

    signal(SIGALRM, handler);
    signal(SIGVTALRM, handler);
    set(ITIMER_PROF, 1000, 0);
    set(ITIMER_VIRTUAL, 900, 250000);
    alarm(500);
    ready();
    wait_go();
    if (sabotaged())
        alarm(0);
    CHECK(alarms == 0 && ticks == 0, "a timer ran out early");
    getitimer(ITIMER_PROF, &left);
    CHECK(left.it_value.tv_sec >= 970, "ITIMER_PROF has %ld s left", (long)left.it_value.tv_sec);
    getitimer(ITIMER_VIRTUAL, &left);
    CHECK(left.it_value.tv_sec >= 870, "ITIMER_VIRTUAL has %ld s left", (long)left.it_value.tv_sec);
    CHECK(left.it_interval.tv_usec == 250000, "its interval is %ld",
          (long)left.it_interval.tv_usec);
    unsigned int seconds = alarm(1);
    CHECK(seconds >= 465 && seconds <= 500, "alarm has %u s left", seconds);
    for (start = now(); alarms == 0;) {
        CHECK(now() < start + 5, "no SIGALRM");
        moment(true);
    }
    CHECK(now() > start + 0.9, "SIGALRM after %.3f s", now() - start);
    pass();
}
