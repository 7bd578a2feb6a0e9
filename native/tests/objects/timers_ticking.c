/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* An interval timer that ticks every 10 ms ticks on through checkpoints and restarts. */
#include "testlib.h"
#include <sys/time.h>

static volatile sig_atomic_t ticks;

static void handler(int signo)
{
    (void)signo;
    ticks++;
}

int main(void)
{
    struct itimerval t = {{0, 10000}, {0, 10000}};
    int before;

    signal(SIGALRM, handler);
    MUST(setitimer(ITIMER_REAL, &t, NULL));
    while (ticks < 3)
        moment(true);
    ready();
    wait_go_with_signals();
    if (sabotaged())
        alarm(0);
    before = ticks;
    for (double start = now(); ticks < before + 5; moment(true))
        CHECK(now() < start + 5, "the timer stopped after %d ticks", (int)ticks);
    pass();
}
