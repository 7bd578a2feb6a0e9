/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_SUPERVISOR_H
#define CKPT_SUPERVISOR_SUPERVISOR_H

#include <sys/types.h>

/* The parent outside the tree: starts or restarts a command, decides when to take checkpoints,
 * forwards its output. */

struct run_options;

enum run_mode {
    RUN_MODE_RUN,    /* restart when the store holds a usable generation, else launch */
    RUN_MODE_LAUNCH, /* always from the start */
    RUN_MODE_RESTART /* from a generation or not at all */
};

/* Returns the exit status of ckpt. */
int supervisor_run(struct run_options *options, enum run_mode mode);

/* The coordinator ID of a tree whose root is already at work; a byte to the descriptor ready tells the root when it can go
 * on. Takes over what is in options. Returns the exit status of ckpt. */
int supervisor_coordinate(const char *id, pid_t root, int ready, struct run_options *options);

#endif
