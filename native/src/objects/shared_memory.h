/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SHARED_MEMORY_H
#define CKPT_OBJECTS_SHARED_MEMORY_H

#include "image/tree.h"

/* In the capsule: a memfd with the content of the object, or -errno. capture/memory.h has the other half. */
int shared_memory_restore(const struct image_shared *object, int dirfd, struct ckpt_error *err);

#endif
