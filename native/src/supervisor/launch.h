/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_LAUNCH_H
#define CKPT_SUPERVISOR_LAUNCH_H

#include "supervisor/output.h"

#include <signal.h>

/* Starts the command in a session of its own, with the library preloaded and its output in our pipes; becomes the
 * subreaper of what it starts. dedicated: the working directory is
 * the command's alone. mask is what the command's signal mask is to be. -ENOENT and the like: the command
 * could not be executed. */
int launch_tree(struct coordinator *coordinator, struct output *output, char *const argv[],
                int checkpoint_signal, uint64_t outside, bool dedicated, const sigset_t *mask,
                struct ckpt_error *err);

/* The path of the library, which lies beside this program. */
int launch_library(char *path, size_t size, struct ckpt_error *err);

#endif
