/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_INODE_PATH_H
#define CKPT_OBJECTS_INODE_PATH_H

#include "image/tree.h"

#include <sys/types.h>

/* A path that leads to the inode, as process outer sees it, for the caller to free; NULL: none was found. Looked for
 * where a task has its things: open files, working directories and what lies in them, and around them. */
char *inode_path_find(const struct tree_image *tree, pid_t outer, dev_t device, ino_t inode);

#endif
