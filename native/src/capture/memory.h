/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_MEMORY_H
#define CKPT_CAPTURE_MEMORY_H

#include "capture/vma.h"
#include "common/error.h"
#include "image/tree.h"
#include "proc/process_tree.h"
#include "store/manifest.h"

/* Writes PID.img and PID.mem of the process inner from its snapshot, in the generation's directory, and enters the
 * latter into the manifest. Runs beside the event loop and shares nothing with it but what it is given. */
int capture_memory(pid_t snapshot, pid_t inner, const struct tree_image *tree,
                   const struct memory_files *files, int dirfd, struct manifest *manifest,
                   struct ckpt_error *err);

#endif
