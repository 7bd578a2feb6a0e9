/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_IMAGE_TREE_CHECK_H
#define CKPT_IMAGE_TREE_CHECK_H

#include "image/tree.h"

#include <limits.h>

#define DESCRIPTOR_LIMIT (INT_MAX - 64) /* the kernel's, whatever the limits say */

/* Whether the parts of a tree that has been read fit together; -EBADMSG. */
int tree_image_check(const struct tree_image *tree, struct ckpt_error *err);

/* Reads and checks the memory image of each living process of a checked tree; -EBADMSG. After this a restart need not
 * doubt the generation any more. */
int tree_image_check_processes(const struct tree_image *tree, int dirfd, struct ckpt_error *err);

/* The member that makes no sense, of sockets, locks and what descriptions have of their own; NULL: all do. */
const char *tree_image_objects_blame(const struct tree_image *tree);

#endif
