/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The restorer is alone with one thread and no library. What is large had better be read before it runs. */
#include "restore/early.h"

#include "common/array.h"
#include "common/fill.h"

#include <errno.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE               4096ULL
#define LARGE              (2ULL << 20) /* bytes to be read into one area */
#define MAP_DROPPABLE_TYPE 0x08

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

uint32_t early_map_flags(const struct image_vma *vma)
{
    uint32_t type = (vma->flags & VMA_DROPPABLE) != 0 ? MAP_DROPPABLE_TYPE : MAP_PRIVATE;

    return type | (vma->flags & VMA_NO_RESERVE ? MAP_NORESERVE : 0) |
           (vma->flags & VMA_GROWS_DOWN ? MAP_GROWSDOWN : 0) |
           (vma->flags & VMA_HUGETLB ? MAP_HUGETLB | (uint32_t)vma->page_shift << MAP_HUGE_SHIFT
                                     : 0);
}

/* Others need what only the restorer does for them. */
static bool is_plain(const struct image_vma *vma)
{
    return vma->kind == VMA_ANONYMOUS &&
           (vma->flags & (VMA_GROWS_DOWN | VMA_HUGETLB | VMA_DROPPABLE)) == 0;
}

/* At its place, if nothing of ours is there. Advice comes first: it decides about the size of pages. */
static bool area_map(const struct image_vma *vma)
{
    void *wanted = (void *)(uintptr_t)vma->start;
    size_t size = vma->end - vma->start;
    void *got = mmap(wanted, size, (int)vma->protection | PROT_READ | PROT_WRITE,
                     (int)early_map_flags(vma) | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (got == MAP_FAILED)
        return false;
    if (got != wanted) { /* a kernel that does not know the flag */
        munmap(got, size);
        return false;
    }
    if ((vma->flags & VMA_HUGE_PAGES) != 0)
        madvise(wanted, size, MADV_HUGEPAGE);
    if ((vma->flags & VMA_NO_HUGE_PAGES) != 0)
        madvise(wanted, size, MADV_NOHUGEPAGE);
    if (vma->policy != 0) /* where it cannot be had, elsewhere */
        syscall(SYS_mbind, wanted, size, vma->policy, &vma->nodes, 65, 0);
    return true;
}

int early_fill(const struct process_image *image, int mem_fd, bool *ret_early)
{
    struct fill *fills = NULL;
    size_t count = 0, at = 0;
    int error = 0;

    for (size_t i = 0; error == 0 && i < image->vma_count; i++) {
        const struct image_vma *vma = &image->vmas[i];
        uint64_t pages = 0;
        size_t first = at;
        for (; at < image->run_count && image->runs[at].address < vma->end; at++)
            pages += image->runs[at].count;
        ret_early[i] = pages * PAGE >= LARGE && is_plain(vma) && area_map(vma);
        for (size_t j = first; error == 0 && ret_early[i] && j < at; j++) {
            struct fill *fill = array_add(&fills, &count, sizeof(*fill));
            if (fill == NULL)
                error = -ENOMEM;
            else
                *fill = (struct fill){.address = image->runs[j].address,
                                      .size = image->runs[j].count * PAGE,
                                      .offset = image->runs[j].page * PAGE};
        }
    }
    if (error == 0)
        error = fills_read(mem_fd, fills, count);
    free(fills);
    return error;
}
