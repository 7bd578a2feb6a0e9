/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "supervisor/warning.h"

#include "common/log.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

void warn_on_record(struct status *status, const char *fmt, ...)
{
    char text[PATH_MAX + 512];
    va_list values;

    va_start(values, fmt);
    vsnprintf(text, sizeof(text), fmt, values);
    va_end(values);
    ckpt_warn("%s", text);
    status_add_warning(status, text);
}
