/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_LAYOUT_H
#define CKPT_RESTORE_LAYOUT_H

#include "image/process.h"
#include "proc/mappings.h"

/* The lowest address of size free bytes, both in this process and in the image; 0 if there is none. */
uint64_t layout_gap(const struct mappings *own, const struct process_image *image, uint64_t size);

#endif
