/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory that processes share and no file stands behind: anonymous, memfd, deleted files. One owner makes it anew as
 * a memfd, everybody maps that. */
#include "objects/shared_memory.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Some filesystems show other device numbers in maps than in stat. */
bool shared_memory_is_open_as(const struct image_shared *object,
                              const struct image_description *description)
{
    return object->inode == description->inode &&
           ((description->kind == DESCRIPTION_MEMFD && object->device == description->device) ||
            description->kind == DESCRIPTION_DELETED);
}

/* A descriptor of the file that is the object, or -1: nobody has it open. */
static int object_reopen(const struct tree_image *tree, const struct image_shared *object,
                         const int *opened)
{
    char path[64];
    int fd = -1;

    for (size_t i = 0; fd < 0 && i < tree->description_count; i++) {
        if (!shared_memory_is_open_as(object, &tree->descriptions[i]))
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", opened[i]);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return fd;
}

int shared_memory_restore(const struct tree_image *tree, const struct image_shared *object,
                          const int *opened, int dirfd, struct ckpt_error *err)
{
    int open_already = object_reopen(tree, object, opened);

    if (open_already >= 0)
        return open_already;
    char page[65536];
    off_t at = 0;
    ssize_t got;
    cleanup_fd int from = openat(dirfd, object->data, O_RDONLY | O_CLOEXEC);
    cleanup_fd int fd = memfd_create("shared", MFD_CLOEXEC);

    if (from < 0 || fd < 0 || ftruncate(fd, (off_t)object->size) < 0)
        return ckpt_error_errno(err, "bring back shared memory of %llu bytes",
                                (unsigned long long)object->size);
    while ((at = lseek(from, at, SEEK_DATA)) >= 0 &&
           (got = pread_full(from, page, sizeof(page), at)) > 0) {
        if (pwrite_full(fd, page, (size_t)got, at) < 0)
            return ckpt_error_errno(err, "fill shared memory");
        at += got;
    }
    return steal_fd(&fd);
}
