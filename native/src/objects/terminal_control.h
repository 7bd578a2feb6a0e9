/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_TERMINAL_CONTROL_H
#define CKPT_OBJECTS_TERMINAL_CONTROL_H

#include "common/error.h"
#include "image/tree.h"

struct terminal_ends;

/* Each is called by a process for itself and does something only where there is something to do; process is NULL in
 * helpers. First, after setsid and before the children that have the terminal; then, after these; and when all groups
 * exist. */
int terminal_take(const struct tree_image *tree, const struct image_process *process,
                  const struct terminal_ends *ends, struct ckpt_error *err);
void terminal_give_up(const struct tree_image *tree, const struct image_process *process,
                      const struct terminal_ends *ends);
void terminal_foreground_set(const struct tree_image *tree, const struct image_process *process,
                             const struct terminal_ends *ends);

#endif
