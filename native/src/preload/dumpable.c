/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A process that is not dumpable (PR_SET_DUMPABLE, or a change of ids) shows nothing of itself below /proc to a
 * supervisor that is not root. While a checkpoint is taken it is dumpable, and afterwards what it was. */
#include "preload/preload.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

static bool exposed;
static long dumpable; /* while exposed: what the program made of it */

void dumpable_expose(void)
{
    dumpable = raw1(SYS_prctl, PR_GET_DUMPABLE);
    exposed = true;
    if (dumpable != 1)
        raw2(SYS_prctl, PR_SET_DUMPABLE, 1);
}

/* 2, which changes of ids can lead to, cannot be set; 0 is as much as it in all that matters here. */
void dumpable_hide(void)
{
    if (exposed && dumpable != raw1(SYS_prctl, PR_GET_DUMPABLE))
        raw2(SYS_prctl, PR_SET_DUMPABLE, dumpable == 1);
    exposed = false;
}
