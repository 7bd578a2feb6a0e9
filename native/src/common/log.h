/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_LOG_H
#define CKPT_COMMON_LOG_H

/* Messages of the command line and the supervisor. The libraries (store, ctl) never call these. */

#include <stdbool.h>

struct ckpt_error;

/* Appends to the file named by path, or by CKPT_LOG when path is NULL; with neither the log is
 * silent. A log that cannot be opened is one warning. */
void ckpt_log_open(const char *path);

/* One line "ckpt: ..." to stderr and the log. */
void ckpt_fail(const struct ckpt_error *err);

/* One line "ckpt: warning: ..." to stderr and the log. */
void ckpt_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line with time and pid, to the log only. */
void ckpt_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether stderr is a terminal in raw mode, where a line needs a carriage return to end. */
void ckpt_log_carriage(bool wanted);

#endif
