/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_MEMORY_H
#define CKPT_CAPTURE_MEMORY_H

#include "common/error.h"
#include "files/catalog.h"
#include "image/tree.h"
#include "proc/process_tree.h"
#include "store/manifest.h"

/* Where files were when the tree stood still: since then it may have given them other names. */
struct memory_files {
    const struct catalog_index *index;
    const char *workdir;
};

/* Writes PID.img and PID.mem of the process inner from its snapshot, in the generation's directory, and enters the
 * latter into the manifest. Runs beside the event loop and shares nothing with it but what it is given. */
int capture_memory(pid_t snapshot, pid_t inner, const struct tree_image *tree,
                   const struct memory_files *files, int dirfd, struct manifest *manifest,
                   struct ckpt_error *err);

#endif
