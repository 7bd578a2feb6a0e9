/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_MAPPED_FILE_H
#define CKPT_OBJECTS_MAPPED_FILE_H

#include "image/tree.h"
#include "proc/mappings.h"

/* In the supervisor, while the tree stands still: copies the file behind a mapping if it is one to be carried. */
int mapped_file_save(pid_t outer, const struct mapping *mapping, struct tree_image *tree, int dirfd,
                     struct ckpt_error *err);
/* The path of the file behind the mapping, if it is carried, or NULL. */
const char *mapped_file_path(const struct tree_image *tree, const struct mapping *mapping);
/* In the capsule, before anybody maps it: makes sure that it is there. */
int mapped_file_restore(const struct image_mapped_file *file, int dirfd, struct ckpt_error *err);

#endif
