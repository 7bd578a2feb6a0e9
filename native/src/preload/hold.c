/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Sections in which no checkpoint signal may be on its way to any thread, because the disposition is about to be
 * another: a signal still pending when exec succeeds meets the default action and ends the process. While the count of
 * holders is above zero the checkpoint thread sends nothing; while a checkpoint is announced nobody becomes a holder.
 * Each side writes its own word before it reads the other's, and the holder gives way. A successful exec ends the
 * checkpoint thread and with it the count.
 *
 * A child of vfork writes its parent's memory, is sent no signal by it, and therefore leaves the count alone. A thread
 * that blocks the signal could not park while it waits, and does without. */
#include "preload/futex.h"
#include "preload/preload.h"

static bool is_own_process(void)
{
    return preload.managed && (int)raw0(SYS_getpid) == preload.pid;
}

static void holder_remove(void)
{
    __atomic_sub_fetch(&preload.holders, 1, __ATOMIC_SEQ_CST);
    futex_wake(&preload.holders);
}

static bool can_park(void)
{
    unsigned long mask = 0;

    raw4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
    return (mask & BIT(preload.signal)) == 0;
}

bool checkpoint_hold(void)
{
    if (!is_own_process() || !can_park())
        return false;
    for (;;) {
        __atomic_add_fetch(&preload.holders, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&preload.announced, __ATOMIC_SEQ_CST) == 0)
            break;
        holder_remove();
        futex_wait(&preload.announced, 1, 0); /* and park meanwhile */
    }
    /* The last checkpoint's signal, should it have been given up, is delivered on the way out of this. */
    raw0(SYS_gettid);
    return true;
}

void checkpoint_unhold(bool held)
{
    if (held)
        holder_remove();
}

bool holders_await(uint64_t deadline)
{
    uint32_t holders;

    while ((holders = __atomic_load_n(&preload.holders, __ATOMIC_SEQ_CST)) > 0) {
        while (preload.leaving) /* one of them wants this thread to end */
            raw1(SYS_exit, 0);
        if (now_ns() > deadline)
            return false;
        futex_wait(&preload.holders, holders, 10000000L);
    }
    return true;
}
