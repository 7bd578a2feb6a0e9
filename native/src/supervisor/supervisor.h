/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_SUPERVISOR_H
#define CKPT_SUPERVISOR_SUPERVISOR_H

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

/* The hidden subcommand `coordinator`, started by a preloaded process that has none; argv[0] is
 * the subcommand. */
int supervisor_coordinate(int argc, char **argv);

#endif
