/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What the kernel knows of a process and only the process can ask or set: signal dispositions, interval timers,
 * prctl settings. The checkpoint thread calls all of it while the user threads are parked. */
#include "preload/preload.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

static struct itimerval interval_timers[3]; /* by ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */
static int is_subreaper;
static int has_no_new_privileges;

void process_state_save(void)
{
    for (int signal = 1; signal <= PRELOAD_SIGNALS; signal++)
        raw4(SYS_rt_sigaction, signal, NULL, &preload.actions[signal], sizeof(unsigned long));
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
        raw2(SYS_getitimer, which, &interval_timers[which]);
    posix_timers_save();
    raw2(SYS_prctl, PR_GET_CHILD_SUBREAPER, &is_subreaper);
    has_no_new_privileges = (int)raw5(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

void process_state_restore(void)
{
    for (int signal = 1; signal <= PRELOAD_SIGNALS; signal++)
        raw4(SYS_rt_sigaction, signal, &preload.actions[signal], NULL, sizeof(unsigned long));
    if (is_subreaper)
        raw2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
    if (has_no_new_privileges == 1)
        raw5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool is_zero(const struct timeval *time)
{
    return time->tv_sec == 0 && time->tv_usec == 0;
}

void process_timers_restore(void)
{
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        struct itimerval *timer = &interval_timers[which];
        /* A timer whose last signal has not been taken yet has an interval only. */
        if (is_zero(&timer->it_value))
            timer->it_value = timer->it_interval;
        if (!is_zero(&timer->it_value))
            raw3(SYS_setitimer, which, timer, NULL);
    }
    posix_timers_restore();
}
