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
#include <string.h>
#include <sys/mman.h>

int shared_memory_restore(const struct image_shared *object, int dirfd, struct ckpt_error *err)
{
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
