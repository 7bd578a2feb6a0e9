/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors opened with O_PATH: a place in the tree of files, of whatever type, which no data goes through. That of a
 * symbolic link is the link itself. Directories and deleted files are like others of their kind. */
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int path_only_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err)
{
    (void)context;
    if ((seen->flags & O_PATH) == 0 || S_ISDIR(seen->status.st_mode) || seen->target[0] != '/' ||
        seen->status.st_nlink == 0)
        return 0;
    ret->kind = DESCRIPTION_PATH_ONLY;
    ret->path = strdup(seen->target);
    return ret->path == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 1;
}

int path_only_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err)
{
    int fd = open(description->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    (void)context;
    return fd < 0 ? ckpt_error_errno(err, "find '%s'", description->path) : fd;
}
