/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What the kernel knows of a process and only the process can ask or set: signal dispositions, interval timers,
 * prctl settings. The checkpoint thread calls all of it while the user threads are parked. */
#include "preload/preload.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

SELDOM static struct kernel_sigaction actions[PRELOAD_SIGNALS + 1];
static struct itimerval interval_timers[3]; /* by ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */
static int is_subreaper;
static long no_huge_pages, merges_memory, denies_writable_code;

int process_state_save(void)
{
    for (int signal = 1; signal <= PRELOAD_SIGNALS; signal++)
        raw4(SYS_rt_sigaction, signal, NULL, &actions[signal], sizeof(unsigned long));
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
        raw2(SYS_getitimer, which, &interval_timers[which]);
    int error = posix_timers_save();
    membarrier_save();
    protection_keys_save();
    raw2(SYS_prctl, PR_GET_CHILD_SUBREAPER, &is_subreaper);
    no_huge_pages = raw5(SYS_prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0);
    merges_memory = raw5(SYS_prctl, PR_GET_MEMORY_MERGE, 0, 0, 0, 0);
    denies_writable_code = raw5(SYS_prctl, PR_GET_MDWE, 0, 0, 0, 0);
    return error;
}

void process_state_restore(void)
{
    membarrier_restore();
    protection_keys_restore();
    for (int signal = 1; signal <= PRELOAD_SIGNALS; signal++)
        raw4(SYS_rt_sigaction, signal, &actions[signal], NULL, sizeof(unsigned long));
    if (is_subreaper)
        raw2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
    if (no_huge_pages > 0)
        raw5(SYS_prctl, PR_SET_THP_DISABLE, 1, no_huge_pages & ~1L, 0, 0); /* the rest is flags */
    if (merges_memory > 0)
        raw5(SYS_prctl, PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
    if (denies_writable_code > 0)
        raw5(SYS_prctl, PR_SET_MDWE, denies_writable_code, 0, 0, 0);
}

static bool limit_set(int resource, uint64_t soft, uint64_t hard)
{
    uint64_t limit[2] = {soft < hard ? soft : hard, hard};

    return raw4(SYS_prlimit64, 0, resource, limit, NULL) == 0;
}

void process_limits_restore(void)
{
    for (int i = 0; i < RESTORED_LIMITS; i++) {
        const uint64_t *wanted = preload.restorer.limits[i];
        uint64_t now[2];
        if (limit_set(i, wanted[0], wanted[1]))
            continue;
        /* More than there is takes a privilege. */
        if (raw4(SYS_prlimit64, 0, i, NULL, now) == 0)
            limit_set(i, wanted[0], now[1]);
    }
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
