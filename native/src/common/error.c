/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Error messages, composed where the failure is understood and printed by the command line only.
 * Used by every part that is not in the target. Thread-safe: nothing is kept here. */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message is one line of printable text whatever file names hold. */
static void flatten(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
    }
}

__attribute__((format(printf, 2, 0))) static void compose(struct ckpt_error *err, const char *fmt,
                                                          va_list args)
{
    if (vsnprintf(err->message, sizeof(err->message), fmt, args) < 0)
        err->message[0] = '\0';
    flatten(err->message);
}

int ckpt_error_set(struct ckpt_error *err, int code, const char *fmt, ...)
{
    struct ckpt_error made = {.code = code};
    va_list args;

    if (!err)
        return -code;
    /* Composed aside: an argument may be err's own message. */
    va_start(args, fmt);
    compose(&made, fmt, args);
    va_end(args);
    *err = made;
    return -code;
}

int ckpt_error_errno(struct ckpt_error *err, const char *fmt, ...)
{
    struct ckpt_error made = {.code = errno ? errno : EIO};
    char words[128];
    va_list args;
    size_t used;

    if (!err)
        return -made.code;
    va_start(args, fmt);
    compose(&made, fmt, args);
    va_end(args);
    used = strlen(made.message);
    snprintf(made.message + used, sizeof(made.message) - used, ": %s",
             strerror_r(made.code, words, sizeof(words)));
    *err = made;
    return -made.code;
}
