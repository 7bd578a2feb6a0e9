/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_SHARED_PAGES_H
#define CKPT_CAPTURE_SHARED_PAGES_H

/* The pages of one shared object and the file they are copied to, one behind the other in whatever order:
 *
 *      object    | block 0                | block 1                | ...      SHARED_BLOCK_PAGES pages each
 *                  page 0  page 1 ...                                         slot[] says where a page is in the file
 *      file      | slot 0 | slot 1 | ...                                      pages of zeros have no slot
 *
 * A second copy reads all pages again but writes only those that differ, by their checksum, from what is in the file. */

#include "image/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SHARED_PAGE        4096ULL
#define SHARED_BLOCK_PAGES 64

struct shared_block {
    uint64_t index;
    uint64_t slot[SHARED_BLOCK_PAGES]; /* one more than it is; 0: none */
    uint64_t sum[SHARED_BLOCK_PAGES];  /* of a page in the file, 0: not known */
};

struct shared_pages {
    int out;
    uint64_t slot_count;
    struct shared_block *blocks; /* ascending */
    size_t block_count;
};

/* Pages of an object, neighbouring ones; numbers of pages. */
struct shared_stretch {
    uint64_t start, end;
};

/* Where pages are read. */
struct shared_source {
    pid_t task;       /* a process that maps the object */
    int object;       /* a descriptor of it, or -1 */
    int memory;       /* /proc/PID/mem: also reads what the process itself may not */
    uint64_t address; /* of offset 0 of the object, were it mapped that far */
};

/* Bytes read at that offset of the object, or -1. */
ssize_t shared_source_read(const struct shared_source *source, uint64_t offset, void *to,
                           size_t size);

/* Copies the stretches, which ascend, in threads where there is much of it. learn: a second copy will follow. A set
 * *stop ends it early with -ECANCELED. 0 or -errno; -EFAULT: not everything can be read. */
int shared_pages_copy(struct shared_pages *pages, const struct shared_source *source,
                      const struct shared_stretch *stretches, size_t count, bool learn,
                      const bool *stop);

/* Appends what was last copied of the stretches to the object's extents. 0 or -ENOMEM. */
int shared_pages_list(const struct shared_pages *pages, const struct shared_stretch *stretches,
                      size_t count, struct image_shared *object);

/* The block, or NULL: nothing of it is known. */
struct shared_block *shared_pages_block(const struct shared_pages *pages, uint64_t index);

/* Closes the file as well. */
void shared_pages_free(struct shared_pages *pages);

#endif
