/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What a process has registered for with membarrier(2) stays registered, as the Java VM and RCU libraries need it. */
#include "testlib.h"
#include <linux/membarrier.h>

#ifndef MEMBARRIER_CMD_GET_REGISTRATIONS
#define MEMBARRIER_CMD_GET_REGISTRATIONS (1 << 9)
#endif

static const int kinds[] = {MEMBARRIER_CMD_GLOBAL_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED,
                            MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
                            MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ};

static long barrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0);
}

int main(void)
{
    long supported = barrier(MEMBARRIER_CMD_QUERY), before, after;
    int wanted = 0;

    for (int i = 0; i < 4; i++) {
        if ((supported & kinds[i]) == 0)
            continue;
        CHECK(barrier(kinds[i] << 1) == 0, "cannot register for %#x", kinds[i]);
        wanted |= kinds[i];
    }
    before = barrier(MEMBARRIER_CMD_GET_REGISTRATIONS);
    pid_t child = MUST(fork()); /* has none of its own: the kernel gives it its parent's */
    ready();
    wait_go();
    if (sabotaged() && child == 0)
        _exit(1);
    for (int i = 0; i < 4; i++)
        CHECK((wanted & kinds[i]) == 0 || barrier(kinds[i]) == 0, "%#x is not registered any more",
              kinds[i]);
    after = barrier(MEMBARRIER_CMD_GET_REGISTRATIONS);
    CHECK(before == after, "registrations are %#lx, were %#lx", after, before);
    if (child == 0)
        _exit(0);
    expect_exit(child, 0);
    pass();
}
