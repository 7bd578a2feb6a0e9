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

/* NULL where there are not enough huge pages of that size. */
static char *object_make(const struct image_shared *object, unsigned page_shift, int *ret_fd)
{
    unsigned huge = page_shift == 0 ? 0 : MFD_HUGETLB | page_shift << MFD_HUGE_SHIFT;
    cleanup_fd int fd = memfd_create(SHARED_MEMORY_NAME, MFD_CLOEXEC | huge);
    void *memory = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)object->size) == 0)
        memory = mmap(NULL, object->size + (object->size == 0), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory == MAP_FAILED)
        return NULL;
    *ret_fd = steal_fd(&fd);
    return memory;
}

static int extents_fill(const struct image_shared *object, int from, char *memory)
{
    cleanup_free struct fill *fills = calloc(object->extent_count + 1, sizeof(*fills));

    if (fills == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < object->extent_count; i++)
        fills[i] = (struct fill){.address = (uintptr_t)memory + object->extents[i].offset,
                                 .size = object->extents[i].size,
                                 .offset = object->extents[i].at};
    return fills_read(from, fills, object->extent_count);
}

int shared_memory_restore(const struct tree_image *tree, const struct image_shared *object,
                          const int *opened, int dirfd, struct ckpt_error *err)
{
    int open_already = object_reopen(tree, object, opened);

    if (open_already >= 0)
        return open_already;
    cleanup_fd int from = openat(dirfd, object->data, O_RDONLY | O_CLOEXEC);
    cleanup_fd int fd = -1;
    char *memory = object_make(object, object->page_shift, &fd);
    if (memory == NULL)
        memory = object_make(object, 0, &fd);
    int error = from < 0 || memory == NULL ? -errno : extents_fill(object, from, memory);
    if (memory != NULL)
        munmap(memory, object->size + (object->size == 0));
    if (error < 0)
        return ckpt_error_set(err, -error, "bring back shared memory of %llu bytes: %s",
                              (unsigned long long)object->size, strerror(-error));
    return steal_fd(&fd);
}
