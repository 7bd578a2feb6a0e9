/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Kinds of membarrier(2) that the process has registered for. Kernels before 6.3 do not list them; there each private
 * one is tried, which does no harm, and the global one is not carried. The checkpoint thread calls both. */
#include "preload/preload.h"

#include <sys/syscall.h>

/* Of linux/membarrier.h, of which old systems have a part. A command's registration is the next bit. */
#define PRIVATE_EXPEDITED           (1L << 3)
#define PRIVATE_EXPEDITED_SYNC_CORE (1L << 5)
#define PRIVATE_EXPEDITED_RSEQ      (1L << 7)
#define GET_REGISTRATIONS           (1L << 9)

static long registered;

void membarrier_save(void)
{
    static const long commands[] = {PRIVATE_EXPEDITED, PRIVATE_EXPEDITED_SYNC_CORE,
                                    PRIVATE_EXPEDITED_RSEQ};

    registered = raw3(SYS_membarrier, GET_REGISTRATIONS, 0, 0);
    if (registered >= 0)
        return;
    registered = 0;
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (raw3(SYS_membarrier, commands[i], 0, 0) == 0)
            registered |= commands[i] << 1;
    }
}

void membarrier_restore(void)
{
    for (long left = registered; left != 0; left &= left - 1)
        raw3(SYS_membarrier, left & -left, 0, 0);
}
