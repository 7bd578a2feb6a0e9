/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SHARED_MEMORY_H
#define CKPT_OBJECTS_SHARED_MEMORY_H

#include "image/tree.h"

#include <stdbool.h>

/* Of the memfd that anonymous memory comes back as. */
#define SHARED_MEMORY_NAME "shared"

/* Whether the description is of the same file as the object, so that the content is saved with it. */
bool shared_memory_is_open_as(const struct image_shared *object,
                              const struct image_description *description);

/* In the capsule: a descriptor to map the object from, or -errno. opened has those of the descriptions: what a process
 * has open and mapped stays one thing. capture/memory.h has the other half. */
int shared_memory_restore(const struct tree_image *tree, const struct image_shared *object,
                          const int *opened, int dirfd, struct ckpt_error *err);

#endif
