/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Character devices that keep no state (null, zero, full, random, urandom): opened again by path. */
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MEMORY_DEVICES 1 /* the major number of /dev/null and its relatives */

static bool is_stateless_device(const struct stat *status)
{
    unsigned id = minor(status->st_rdev);

    return S_ISCHR(status->st_mode) && major(status->st_rdev) == MEMORY_DEVICES &&
           (id == 3 || id == 5 || id == 7 || id == 8 || id == 9);
}

int device_save(const struct save_context *context, const struct seen_descriptor *seen,
                struct image_description *ret, struct ckpt_error *err)
{
    (void)context;
    if (!is_stateless_device(&seen->status))
        return 0;
    ret->kind = DESCRIPTION_DEVICE;
    ret->offset = seen->offset;
    ret->path = strdup(seen->target);
    return ret->path == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 1;
}

int device_restore(const struct restore_context *context,
                   const struct image_description *description, struct ckpt_error *err)
{
    (void)context;
    int fd = open(description->path, (description->flags & OPEN_FLAGS_KEPT) | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return ckpt_error_errno(err, "open '%s'", description->path);
    lseek(fd, description->offset, SEEK_SET); /* what cannot be sought in has no position */
    return fd;
}
