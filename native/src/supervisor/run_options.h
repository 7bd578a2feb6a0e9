/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_RUN_OPTIONS_H
#define CKPT_SUPERVISOR_RUN_OPTIONS_H

/* What the caller of `ckpt run`, `launch` and `restart` wants. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a signal from outside means for the task. Others do what they do to us. */
struct signal_plan {
    uint64_t end;  /* by bit, see SIGNAL_BIT: a final checkpoint, and the task ends */
    uint64_t stay; /* a checkpoint, and the task goes on */
    uint64_t pass; /* the command gets it */
};
#define SIGNAL_BIT(signal) (1ULL << ((signal)-1))

struct run_options {
    char *dir;
    uint64_t interval_ms;    /* 0: never periodically; with interval_auto the shortest */
    bool interval_auto;      /* chosen by what a checkpoint costs and how often tasks fail */
    uint64_t mtbf_ms;        /* mean time between failures */
    unsigned jitter;         /* percent by which an interval may be shorter */
    uint64_t min_runtime_ms; /* of the task, before which no checkpoint is worth while */
    uint64_t limit_ms;       /* time limit: from our start; 0: none or an absolute one */
    uint64_t limit_at_ms;    /* or as wall-clock time since the epoch; 0: none */
    bool limit_none;         /* whatever the batch system's environment says */
    unsigned memory;         /* percent of the cgroup's limit; 0: not watched */
    struct signal_plan signals;
    unsigned keep;
    uint64_t grace_ms;
    bool fresh, replay;
    unsigned generation; /* restart from this one, else an older one; 0: the latest */
    int signal;          /* the checkpoint signal */
    char **labels;       /* KEY=VALUE */
    size_t label_count;
    bool dedicated;          /* the working directory is this task's alone */
    bool same_task;          /* the store is this task's, whatever the command reads like */
    bool remove_unused;      /* the store of a command that ended with 0 and had no image */
    uint64_t reference_from; /* bytes, see files/capture.h */
    uint64_t max_size;       /* of a generation, in bytes; 0: no limit */
    char *refresh;           /* variables that belong to the job, NULL: as recorded */
    char **excludes;         /* globs */
    size_t exclude_count;
    char **each_own; /* globs of names that a move to another directory never replaces */
    size_t each_own_count;
    char **names; /* OPTION=NAME */
    size_t name_count;
    char **argv; /* the command, points into main's argv; NULL for restart */
};

/* Adds a text to a list of them. */
int run_options_add(char ***list, size_t *count, const char *text, struct ckpt_error *err);
/* Adds a glob, once. */
int run_options_exclude(struct run_options *options, const char *glob, struct ckpt_error *err);
/* What messages to people call an option, such as "--grace": those who set it elsewhere know it by another name. */
const char *run_options_name(const struct run_options *options, const char *option);
void run_options_free(struct run_options *options);

#endif
