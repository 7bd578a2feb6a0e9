/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_EARLY_H
#define CKPT_RESTORE_EARLY_H

#include "image/process.h"

#include <stdbool.h>

/* Memory of the image that is brought back while this program is still there, in threads, since its place is free: large
 * private areas. ret_early[i] says so of VMA i; the restorer leaves them alone until protections are set. 0 or -errno of
 * the reading. */
int early_fill(const struct process_image *image, int mem_fd, bool *ret_early);

/* Flags for mmap(2) of private memory. */
uint32_t early_map_flags(const struct image_vma *vma);

#endif
