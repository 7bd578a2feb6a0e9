/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_PROCESS_H
#define CKPT_CAPTURE_PROCESS_H

#include "image/tree.h"
#include "proc/process_tree.h"

/* Fills what /proc and prlimit tell of a parked or dead process: everything in struct image_process but ids, library
 * and descriptors. */
int capture_process(const struct tree_process *from, struct image_process *to,
                    struct ckpt_error *err);

#endif
