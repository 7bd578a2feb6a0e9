/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CLI_OPTION_VALUES_H
#define CKPT_CLI_OPTION_VALUES_H

/* Values of options; 0, or -EINVAL with the line to print. name is what the value was given as. */

#include "cli/options.h"

/* In ms, bytes, a number from 1 on, percent, a signal's number. */
int option_time(const char *name, const char *text, uint64_t *ret_ms, struct ckpt_error *err);
int option_size(const char *name, const char *text, uint64_t *ret, struct ckpt_error *err);
int option_number(const char *name, const char *text, unsigned *ret, struct ckpt_error *err);
int option_percent(const char *name, const char *text, unsigned *ret, struct ckpt_error *err);
int option_signal(const char *name, const char *text, int *ret, struct ckpt_error *err);

/* What --interval, --mtbf, --time-limit and --memory set. */
int option_interval(struct run_options *options, const char *name, const char *text,
                    struct ckpt_error *err);
int option_mtbf(struct run_options *options, const char *text, struct ckpt_error *err);
int option_limit(struct run_options *options, const char *text, struct ckpt_error *err);
int option_memory(struct run_options *options, const char *text, struct ckpt_error *err);
/* SIG[=end|=continue|=pass],... */
int option_signals(struct signal_plan *plan, const char *text, struct ckpt_error *err);

#endif
