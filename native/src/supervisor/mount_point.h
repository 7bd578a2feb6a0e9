/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_MOUNT_POINT_H
#define CKPT_SUPERVISOR_MOUNT_POINT_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The directory at which a capsule mounts the task's: it may be gone, and is made again for as long as the task runs.
 * Zeroed: none. */
struct mount_point {
    char *path;
    size_t found; /* so much of the path was there */
};

/* Whether this supervisor or one before it has made that directory. */
bool mount_point_is_ours(const char *path);
int mount_point_make(struct mount_point *point, const char *path, struct ckpt_error *err);
/* Removes what was made, unless somebody has put something there. Does nothing the second time. */
void mount_point_remove(struct mount_point *point);

#endif
