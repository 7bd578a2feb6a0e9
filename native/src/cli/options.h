/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CLI_OPTIONS_H
#define CKPT_CLI_OPTIONS_H

/* Options of `ckpt run`, `launch` and `restart`, as they are written. */

#include "common/error.h"
#include "supervisor/run_options.h"
#include "supervisor/supervisor.h"

#include <signal.h>

#define OPTIONS_DEFAULT_DIR         ".ckpt"
#define OPTIONS_DEFAULT_INTERVAL_MS (10 * 60 * 1000)
#define OPTIONS_DEFAULT_KEEP        2
#define OPTIONS_DEFAULT_GRACE_MS    (10 * 1000)
#define OPTIONS_DEFAULT_SIGNAL      33 /* libc's own, see docs/decisions/0006 */
#define OPTIONS_DEFAULT_REFERENCE   (64 << 20)
#define OPTIONS_DEFAULT_JITTER      10
#define OPTIONS_DEFAULT_MTBF_MS     (24 * 60 * 60 * 1000ULL)
#define OPTIONS_DEFAULT_MEMORY      90

/* Signals that would end us: what they mean is the command's to say. */
#define OPTIONS_DEFAULT_PASS                                                                       \
    (SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGALRM) | SIGNAL_BIT(SIGSTKFLT) |     \
     SIGNAL_BIT(SIGXCPU) | SIGNAL_BIT(SIGVTALRM) | SIGNAL_BIT(SIGPROF) | SIGNAL_BIT(SIGIO) |       \
     SIGNAL_BIT(SIGPWR) | ~0ULL << 33 /* those of real time */)

/* argv[0] is the subcommand. CKPT_DIR, CKPT_INTERVAL and CKPT_SIGNAL give defaults. -EINVAL:
 * usage, with its one line. */
int run_options_parse(int argc, char **argv, enum run_mode mode, struct run_options *ret,
                      struct ckpt_error *err);

#endif
