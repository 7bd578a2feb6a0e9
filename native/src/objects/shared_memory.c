/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory that processes share and no file stands behind: anonymous, memfd, deleted files. One owner makes it anew as
 * a memfd, everybody maps that. */
#include "objects/shared_memory.h"

#include "common/cleanup.h"
#include "common/fill.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_SHIFT 12
#define WINDOW     (16ULL << 20) /* bytes mapped at once */

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

/* -1 where there are no huge pages of that size. */
static int object_make(const struct image_shared *object, unsigned page_shift)
{
    unsigned huge = page_shift == 0 ? 0 : MFD_HUGETLB | page_shift << MFD_HUGE_SHIFT;
    cleanup_fd int fd = memfd_create(SHARED_MEMORY_NAME, MFD_CLOEXEC | huge);

    return fd < 0 || ftruncate(fd, (off_t)object->size) < 0 ? -1 : steal_fd(&fd);
}

/* How far the content has been brought back. */
struct progress {
    size_t extent;
    uint64_t within; /* bytes of it */
};

/* What follows and lies between start and end; memory is mapped from start. */
static size_t window_collect(const struct image_shared *object, struct progress *progress,
                             uintptr_t memory, uint64_t start, uint64_t end, struct fill *fills)
{
    size_t count = 0;

    while (progress->extent < object->extent_count) {
        const struct image_extent *extent = &object->extents[progress->extent];
        uint64_t at = extent->offset + progress->within, left = extent->size - progress->within;
        if (at < start || at >= end)
            break;
        uint64_t size = left < end - at ? left : end - at;
        fills[count++] = (struct fill){.address = memory + (at - start),
                                       .size = size,
                                       .offset = extent->at + progress->within};
        progress->within += size;
        if (size < left)
            break;
        *progress = (struct progress){.extent = progress->extent + 1};
    }
    return count;
}

/* Part by part: this process has not given up its own addresses yet, and may have no more than those that the program
 * is to have (ulimit -v). */
static int extents_fill(const struct image_shared *object, int from, int fd, unsigned page_shift)
{
    cleanup_free struct fill *fills = calloc(object->extent_count + 1, sizeof(*fills));
    uint64_t page = 1ULL << (page_shift != 0 ? page_shift : PAGE_SHIFT);
    uint64_t window = page > WINDOW ? page : WINDOW;
    struct progress progress = {0};
    int error = fills == NULL ? -ENOMEM : 0;

    while (error == 0 && progress.extent < object->extent_count) {
        uint64_t start = (object->extents[progress.extent].offset + progress.within) & ~(page - 1);
        uint64_t end = object->size - start < window ? object->size : start + window;
        void *memory = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                            fd, (off_t)start);
        if (memory == MAP_FAILED)
            return -errno;
        size_t count = window_collect(object, &progress, (uintptr_t)memory, start, end, fills);
        error = fills_read(from, fills, count);
        munmap(memory, end - start);
    }
    return error;
}

int shared_memory_restore(const struct tree_image *tree, const struct image_shared *object,
                          const int *opened, int dirfd, struct ckpt_error *err)
{
    int open_already = object_reopen(tree, object, opened);

    if (open_already >= 0)
        return open_already;
    cleanup_fd int from = openat(dirfd, object->data, O_RDONLY | O_CLOEXEC);
    unsigned page_shift = object->page_shift;
    cleanup_fd int fd = object_make(object, page_shift);
    if (fd < 0 && page_shift != 0)
        fd = object_make(object, page_shift = 0);
    int error = from < 0 || fd < 0 ? -errno : extents_fill(object, from, fd, page_shift);
    if (error < 0)
        return ckpt_error_set(err, -error, "bring back shared memory of %llu bytes: %s",
                              (unsigned long long)object->size, strerror(-error));
    return steal_fd(&fd);
}
