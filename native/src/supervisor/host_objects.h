/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_HOST_OBJECTS_H
#define CKPT_SUPERVISOR_HOST_OBJECTS_H

#include "image/tree.h"
#include "proc/process_tree.h"
#include "store/status.h"

#include <stdbool.h>

/* Warns of the first System V object that a process of the tree was the last to use and that is not in the image: it
 * belongs to somebody else, and what is in it is no part of a generation. True if there was one. */
bool host_objects_warn(const struct process_tree *tree, const struct tree_image *image,
                       struct status *status);

#endif
