/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * memfd: a file in memory, with a name that nobody opens it by, and seals. Every description of one leads to the same
 * file; so do its shared mappings (shared_memory.c). */
#include "common/cleanup.h"
#include "common/copy.h"
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PREFIX    "/memfd:"
#define DELETED   " (deleted)"
#define PAGE_SIZE 4096 /* more: huge pages, which take no write(2) */

static char *name_of(const char *target)
{
    char *name = strdup(target + strlen(PREFIX));
    size_t length = name == NULL ? 0 : strlen(name), suffix = strlen(DELETED);

    if (length >= suffix && strcmp(name + length - suffix, DELETED) == 0)
        name[length - suffix] = 0;
    return name;
}

int memfd_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err)
{
    if (!S_ISREG(seen->status.st_mode) || strncmp(seen->target, PREFIX, strlen(PREFIX)) != 0)
        return 0;
    if (seen->status.st_blksize > PAGE_SIZE)
        return ckpt_error_set(err, ENOTSUP, "'%s' of huge pages cannot be carried", seen->target);
    cleanup_fd int from = seen_reopen(seen, O_RDONLY);
    ret->kind = DESCRIPTION_MEMFD;
    ret->offset = seen->offset;
    ret->size = (uint64_t)seen->status.st_size;
    ret->mode = seen->status.st_mode & 07777;
    ret->device = seen->status.st_dev;
    ret->inode = seen->status.st_ino;
    ret->path = name_of(seen->target);
    if (from < 0 || ret->path == NULL)
        return ckpt_error_errno(err, "look into '%s'", seen->target);
    int seals = fcntl(from, F_GET_SEALS);
    ret->value = seals < 0 ? 0 : (uint64_t)seals;
    snprintf(ret->data, sizeof(ret->data), "memfd-%llx.data", (unsigned long long)ret->inode);
    cleanup_fd int to =
        openat(context->dirfd, ret->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0 && errno == EEXIST)
        return 1; /* another description of it has been seen */
    int error = to < 0 ? -errno : content_copy(from, to, ret->size);
    return error < 0 ? ckpt_error_set(err, -error, "keep '%s': %s", seen->target, strerror(-error))
                     : 1;
}

/* The descriptor of another description of the same memfd, or -1. */
static int sibling_find(const struct restore_context *context,
                        const struct image_description *description)
{
    for (size_t i = 0; i < context->tree->description_count; i++) {
        const struct image_description *other = &context->tree->descriptions[i];
        if (other->kind == DESCRIPTION_MEMFD && context->opened[i] >= 0 &&
            strcmp(other->data, description->data) == 0)
            return context->opened[i];
    }
    return -1;
}

static int memfd_make(const struct restore_context *context,
                      const struct image_description *description)
{
    cleanup_fd int from = openat(context->dirfd, description->data, O_RDONLY | O_CLOEXEC);
    cleanup_fd int fd = memfd_create(description->path, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error = from < 0 || fd < 0 ? -errno : content_copy(from, fd, description->size);

    if (error == 0 && fchmod(fd, description->mode) < 0)
        error = -errno;
    if (error == 0 && description->value != 0 && fcntl(fd, F_ADD_SEALS, description->value) < 0)
        error = -errno;
    return error < 0 ? error : steal_fd(&fd);
}

int memfd_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err)
{
    char path[64];
    int sibling = sibling_find(context, description);
    cleanup_fd int made = sibling >= 0 ? -1 : memfd_make(context, description);

    if (sibling < 0 && made < 0)
        return ckpt_error_set(err, -made, "bring back '" PREFIX "%s': %s", description->path,
                              strerror(-made));
    /* Opened as it was: who got it from memfd_create(2) may write, others perhaps may not. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", sibling >= 0 ? sibling : made);
    int fd =
        open(path, (description->flags & OPEN_FLAGS_KEPT & ~O_DIRECTORY & ~O_NOFOLLOW) | O_CLOEXEC);
    if (fd < 0 || lseek(fd, description->offset, SEEK_SET) < 0)
        return ckpt_error_errno(err, "open '" PREFIX "%s'", description->path);
    return fd;
}
