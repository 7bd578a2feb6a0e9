/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_LOST_H
#define CKPT_SUPERVISOR_LOST_H

#include "image/tree.h"
#include "store/status.h"

/* After a restart: one warning, to the user and in the status, for each connection, pipe or other descriptor of the
 * tree that led outside and could not be kept. */
void lost_warn(const struct tree_image *tree, struct status *status);

#endif
