/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Settings of prctl(2) that a checkpoint changes for a moment: no checkpoint happens while the program looks. */
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <stdarg.h>
#include <sys/prctl.h>

EXPORT int prctl(int option, ...)
{
    va_list list;
    unsigned long arguments[4];
    bool held = false;

    va_start(list, option);
    for (int i = 0; i < 4; i++)
        arguments[i] = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_GET_DUMPABLE || option == PR_SET_DUMPABLE)
        held = checkpoint_hold();
    int result = REAL(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
    checkpoint_unhold(held);
    return result;
}
