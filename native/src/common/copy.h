/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_COPY_H
#define CKPT_COMMON_COPY_H

#include <stdint.h>

/* Gives the empty file to the first size bytes of from, whose position moves. Blocks are shared where the filesystem
 * can, holes stay holes. 0 or -errno. */
int content_copy(int from, int to, uint64_t size);

#endif
