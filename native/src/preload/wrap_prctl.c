/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Settings of prctl(2) that a checkpoint changes for a moment: no checkpoint happens while the program looks. And the
 * older way to install a filter of system calls. */
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static long set_seccomp(const long arguments[5])
{
    return REAL(prctl)((int)arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
}

EXPORT int prctl(int option, ...)
{
    va_list list;
    unsigned long arguments[4];
    bool held = false;

    va_start(list, option);
    for (int i = 0; i < 4; i++)
        arguments[i] = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_SET_SECCOMP) {
        const long all[5] = {option, (long)arguments[0], (long)arguments[1], (long)arguments[2],
                             (long)arguments[3]};
        return (int)filter_install(SYS_prctl, set_seccomp, all);
    }
    if (option == PR_GET_DUMPABLE || option == PR_SET_DUMPABLE)
        held = checkpoint_hold();
    int result = REAL(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
    checkpoint_unhold(held);
    return result;
}
