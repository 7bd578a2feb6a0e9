/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_SNAPSHOT_H
#define CKPT_CAPTURE_SNAPSHOT_H

/* What the kernel may do to the copy of a process while it is read. */

#include <stdbool.h>
#include <sys/types.h>

/* Whoever has to go for want of memory: the copy before any process of the task. */
void snapshot_give_way(pid_t snapshot);
/* It is dead or about to be: what has been read of it may be incomplete. */
bool snapshot_was_killed(pid_t snapshot);

#endif
