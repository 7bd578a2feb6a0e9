/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Directories: path and position. Positions are cookies of the filesystem, which stay valid while it is the same. One
 * that has been deleted is empty and stays so: another, deleted as well, is as good. */
#include "objects/directory.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELETED " (deleted)" /* the kernel's addition to a name that is no more */

bool directory_deleted_name(char *path)
{
    size_t length = strlen(path), suffix = strlen(DELETED);

    if (length <= suffix || strcmp(path + length - suffix, DELETED) != 0)
        return false;
    path[length - suffix] = 0;
    return true;
}

int directory_deleted_make(const char *path, unsigned mode, int flags)
{
    char name[64];

    /* Under its name if that is free. */
    if (mkdir(path, 0700) < 0) {
        snprintf(name, sizeof(name), "/tmp/.ckpt-deleted-%d", (int)getpid());
        path = name;
        if (mkdir(path, 0700) < 0)
            return -1;
    }
    int fd = open(path, flags | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && chmod(path, mode) < 0)
        close(steal_fd(&fd));
    rmdir(path);
    return fd;
}

int directory_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err)
{
    (void)context;
    if (!S_ISDIR(seen->status.st_mode))
        return 0;
    ret->kind = DESCRIPTION_DIRECTORY;
    ret->offset = seen->offset;
    ret->path = strdup(seen->target);
    if (ret->path != NULL && seen->status.st_nlink == 0) {
        ret->value = 1;
        ret->mode = seen->status.st_mode & 07777;
        directory_deleted_name(ret->path);
    }
    return ret->path == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 1;
}

int directory_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err)
{
    (void)context;
    int flags = (description->flags & OPEN_FLAGS_KEPT) | O_DIRECTORY | O_CLOEXEC;
    int fd = description->value != 0
                 ? directory_deleted_make(description->path, description->mode, flags)
                 : open(description->path, flags);

    if (fd < 0)
        return ckpt_error_errno(err, "open the directory '%s'", description->path);
    if ((flags & O_PATH) == 0)
        lseek(fd, description->offset, SEEK_SET);
    return fd;
}
