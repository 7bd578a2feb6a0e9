/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Where the restorer can stand while one layout gives way to another. */
#include "restore/layout.h"

#include <stdbool.h>

#define LOWEST   0x110000ULL /* above mmap_min_addr everywhere */
#define HIGHEST  0x7fff00000000ULL
#define DISTANCE 0x100000ULL /* from neighbours: a stack may grow towards us */

static bool overlaps(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
    return start < other_end + DISTANCE && other_start < end + DISTANCE;
}

/* The end of something that is in the way, or 0. */
static uint64_t obstacle(const struct mappings *own, const struct process_image *image,
                         uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < own->count; i++) {
        if (overlaps(start, end, own->list[i].start, own->list[i].end))
            return own->list[i].end;
    }
    for (size_t i = 0; i < image->vma_count; i++) {
        if (overlaps(start, end, image->vmas[i].start, image->vmas[i].end))
            return image->vmas[i].end;
    }
    return 0;
}

uint64_t layout_gap(const struct mappings *own, const struct process_image *image, uint64_t size)
{
    uint64_t at = LOWEST, behind;

    /* In this order, so that nothing overflows. */
    while (size <= HIGHEST && at <= HIGHEST - size) {
        behind = obstacle(own, image, at, at + size);
        if (behind == 0)
            return at;
        at = behind + DISTANCE;
    }
    return 0;
}
