/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_VMA_H
#define CKPT_CAPTURE_VMA_H

#include "common/error.h"
#include "files/catalog.h"
#include "image/process.h"
#include "image/tree.h"
#include "proc/mappings.h"

#include <stdbool.h>

/* Where files were when the tree stood still: since then it may have given them other names. */
struct memory_files {
    const struct catalog_index *index;
    const char *workdir;
};

/* What says where the content of a mapping is. */
struct vma_source {
    pid_t snapshot; /* has the mapping */
    const struct memory_files *files;
    const struct tree_image *tree;
};

/* Adds the mapping to the image; *ret_whole: all of its pages have to be stored, not only those that were written.
 * -ENOTSUP: it cannot be carried. */
int vma_describe(const struct vma_source *source, const struct mapping *mapping,
                 struct process_image *image, bool *ret_whole, struct ckpt_error *err);

#endif
