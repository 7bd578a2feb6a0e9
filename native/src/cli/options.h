/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CLI_OPTIONS_H
#define CKPT_CLI_OPTIONS_H

/* Options of `ckpt run`, `launch` and `restart`. */

#include "common/error.h"
#include "supervisor/supervisor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_DEFAULT_DIR         ".ckpt"
#define OPTIONS_DEFAULT_INTERVAL_MS (10 * 60 * 1000)
#define OPTIONS_DEFAULT_KEEP        2
#define OPTIONS_DEFAULT_GRACE_MS    (10 * 1000)
#define OPTIONS_DEFAULT_SIGNAL      33 /* libc's own, see docs/decisions/0006 */
#define OPTIONS_DEFAULT_REFERENCE   (64 << 20)

struct run_options {
    char *dir;
    uint64_t interval_ms; /* 0: never periodically */
    unsigned keep;
    uint64_t grace_ms;
    bool fresh, replay;
    unsigned generation; /* restart from this one, else an older one; 0: the latest */
    int signal;          /* the checkpoint signal */
    char **labels;       /* KEY=VALUE */
    size_t label_count;
    bool dedicated;          /* the working directory is this task's alone */
    bool same_task;          /* the store is this task's, whatever the command reads like */
    uint64_t reference_from; /* bytes, see files/capture.h */
    uint64_t max_size;       /* of a generation, in bytes; 0: no limit */
    char **excludes;         /* globs */
    size_t exclude_count;
    char **argv; /* the command, points into main's argv; NULL for restart */
};

/* argv[0] is the subcommand. CKPT_DIR, CKPT_INTERVAL and CKPT_SIGNAL give defaults. -EINVAL:
 * usage, with its one line. */
int run_options_parse(int argc, char **argv, enum run_mode mode, struct run_options *ret,
                      struct ckpt_error *err);
/* Adds a glob, once. */
int run_options_exclude(struct run_options *options, const char *glob, struct ckpt_error *err);
void run_options_free(struct run_options *options);

#endif
