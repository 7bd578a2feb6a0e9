/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_POSIX_QUEUE_H
#define CKPT_OBJECTS_POSIX_QUEUE_H

#include "objects/object.h"

/* Whether the capsule needs an IPC namespace for them. */
bool posix_queues_are_there(const struct tree_image *tree);
/* In the capsule: where programs look for queues by their names. */
void posix_queues_mount(void);
/* In the supervisor, before a restart: removes those that the first incarnation has left, which nobody holds. */
void posix_queues_clear(const struct tree_image *tree);

#endif
