/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Threads that block the checkpoint signal for good, by raw system calls or because libc made them so (the helper of
 * SIGEV_THREAD timers). The coordinator takes the signal out of such a thread's mask from outside and sets the word
 * that is named here; in the handler the thread puts it back into the mask that it will return to. The word belongs to
 * the thread and not to a checkpoint, since the coordinator may come too late for the one it was asked for. */
#include "preload/preload.h"

#include <linux/time_types.h>
#include <sys/syscall.h>

#define BLOCKERS_MAX 64

static struct blocker {
    int32_t tid;
    volatile uint64_t forced;
} blockers[BLOCKERS_MAX] SELDOM;
static uint32_t
    blocker_count; /* grows beyond the table, which is then used anew from its beginning */

static struct blocker *blocker_find(int tid)
{
    for (uint32_t i = 0; i < BLOCKERS_MAX && i < blocker_count; i++) {
        if (blockers[i].tid == tid)
            return &blockers[i];
    }
    return NULL;
}

bool blocker_is_known(int tid)
{
    return blocker_find(tid) != NULL;
}

void blocker_force(int tid)
{
    struct wire_message message = {.type = WIRE_BLOCKED};
    struct blocker *blocker = blocker_find(tid);

    if (blocker == NULL) {
        blocker = &blockers[blocker_count++ % BLOCKERS_MAX];
        blocker->forced = 0;
        blocker->tid = tid;
    }
    message.blocked = (struct wire_blocked){
        .thread = tid,
        .signal = preload.signal,
        .forced = (uint64_t)&blocker->forced,
    };
    message_send(preload.coordinator_fd, &message);
}

/* What had been sent to it in vain before is still there as well, and must not stay. */
static void pending_drop(void)
{
    unsigned long set = BIT(preload.signal);
    struct __kernel_timespec at_once = {0};
    siginfo_t info, other = {0};

    while (raw4(SYS_rt_sigtimedwait, &set, &info, &at_once, sizeof(set)) > 0) {
        if (info.si_code != SI_QUEUE || info.si_ptr != &preload)
            other = info;
    }
    if (other.si_signo != 0)
        raw4(SYS_rt_tgsigqueueinfo, preload.pid, raw0(SYS_gettid), other.si_signo, &other);
}

void blocker_parks(int tid, uint64_t *mask)
{
    struct blocker *blocker = blocker_find(tid);

    if (blocker == NULL || blocker->forced == 0)
        return;
    blocker->forced = 0;
    *mask |= BIT(preload.signal);
    pending_drop();
}
