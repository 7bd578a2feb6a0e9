/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_QUIESCE_H
#define CKPT_SUPERVISOR_QUIESCE_H

#include "proc/process_tree.h"
#include "supervisor/coordinator.h"

/* Parks every thread of every process of the tree and returns who they are, zombies included. On failure somebody
 * may be parked; the caller resumes all. */
int tree_quiesce(struct coordinator *coordinator, struct process_tree *ret, struct ckpt_error *err);

/* The tree as it is now, without our own helpers. */
int tree_list(struct coordinator *coordinator, struct process_tree *ret, struct ckpt_error *err);

/* Whether every living process of it has connected. */
bool tree_is_connected(struct coordinator *coordinator, const struct process_tree *tree);

/* SIGKILL to everybody in the tree until nobody is left, or the time is over. */
void tree_kill(struct coordinator *coordinator);

#endif
