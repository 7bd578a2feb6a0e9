/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Directories: path and position. Positions are cookies of the filesystem, which stay valid while it is the same. */
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int directory_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err)
{
    (void)context;
    if (!S_ISDIR(seen->status.st_mode))
        return 0;
    if (seen->status.st_nlink == 0)
        return ckpt_error_set(err, ENOTSUP, "the deleted directory '%s' cannot be carried",
                              seen->target);
    ret->kind = DESCRIPTION_DIRECTORY;
    ret->offset = seen->offset;
    ret->path = strdup(seen->target);
    return ret->path == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 1;
}

int directory_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err)
{
    (void)context;
    int flags = (description->flags & OPEN_FLAGS_KEPT) | O_DIRECTORY | O_CLOEXEC;
    int fd = open(description->path, flags);

    if (fd < 0)
        return ckpt_error_errno(err, "open the directory '%s'", description->path);
    if ((flags & O_PATH) == 0)
        lseek(fd, description->offset, SEEK_SET);
    return fd;
}
