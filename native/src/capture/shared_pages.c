/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Copying pages that processes share. While the tree stands still this is most of the pause, so that it is done by as
 * many threads as there are processors, in pieces that stay in their caches, and writes nothing twice. */
#include "capture/shared_pages.h"

#include "common/array.h"
#include "common/io.h"
#include "common/parallel.h"
#include "store/checksum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK_SIZE (SHARED_BLOCK_PAGES * SHARED_PAGE)
#define TAKE       16           /* blocks: what a thread writes at once stays together */
#define MUCH       (4ULL << 20) /* bytes: less is done sooner than a thread is there */

/* Pages of one block that are to be copied. */
struct part {
    uint64_t index;
    unsigned from, to;
};

struct copy {
    struct shared_pages *pages;
    const struct shared_source *source;
    const struct part *parts;
    bool learn;
    const bool *stop;
};

ssize_t shared_source_read(const struct shared_source *source, uint64_t offset, void *to,
                           size_t size)
{
    if (source->object >= 0)
        return pread_full(source->object, to, size, (off_t)offset);
    struct iovec local = {.iov_base = to, .iov_len = size};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)(source->address + offset),
                           .iov_len = size};
    ssize_t got = process_vm_readv(source->task, &local, 1, &remote, 1, 0);
    if (got == (ssize_t)size)
        return got;
    return pread_full(source->memory, to, size, (off_t)(source->address + offset));
}

static int block_compare(const void *a, const void *b)
{
    uint64_t first = ((const struct shared_block *)a)->index;
    uint64_t second = ((const struct shared_block *)b)->index;

    return first < second ? -1 : first > second;
}

static struct shared_block *block_find(const struct shared_pages *pages, size_t count,
                                       uint64_t index)
{
    struct shared_block wanted;

    wanted.index = index;
    return count == 0 ? NULL
                      : bsearch(&wanted, pages->blocks, count, sizeof(wanted), block_compare);
}

struct shared_block *shared_pages_block(const struct shared_pages *pages, uint64_t index)
{
    return block_find(pages, pages->block_count, index);
}

/* ---- one block ---- */

static bool page_is_zero(const char *page)
{
    return page[0] == 0 && memcmp(page, page + 1, SHARED_PAGE - 1) == 0;
}

/* Which pages of the buffer have to be written; new ones get their slots. */
static void pages_judge(struct copy *copy, struct shared_block *block, const struct part *part,
                        const char *buffer, bool *ret_write)
{
    unsigned fresh = 0;

    for (unsigned i = part->from; i < part->to; i++) {
        const char *page = buffer + (i - part->from) * SHARED_PAGE;
        ret_write[i] = false;
        if (page_is_zero(page)) {
            block->slot[i] = 0;
            continue;
        }
        bool known = block->slot[i] != 0 && block->sum[i] != 0;
        uint64_t sum = known || copy->learn ? checksum_bytes(page, SHARED_PAGE) : 0;
        ret_write[i] = !known || sum != block->sum[i];
        block->sum[i] = sum;
        fresh += block->slot[i] == 0;
    }
    if (fresh == 0)
        return;
    uint64_t slot = __atomic_fetch_add(&copy->pages->slot_count, fresh, __ATOMIC_RELAXED);
    for (unsigned i = part->from; i < part->to; i++) {
        if (ret_write[i] && block->slot[i] == 0)
            block->slot[i] = ++slot;
    }
}

static int part_copy(void *context, size_t number, void *memory)
{
    struct copy *copy = context;
    const struct part *part = &copy->parts[number];
    char *buffer = memory;
    struct shared_block *block = shared_pages_block(copy->pages, part->index);
    uint64_t offset = (part->index * SHARED_BLOCK_PAGES + part->from) * SHARED_PAGE;
    size_t size = (part->to - part->from) * SHARED_PAGE;
    bool write[SHARED_BLOCK_PAGES];

    if (copy->stop != NULL && __atomic_load_n(copy->stop, __ATOMIC_RELAXED))
        return -ECANCELED;
    ssize_t got = shared_source_read(copy->source, offset, buffer, size);
    /* The last page of an object may be a part of one. */
    if (got <= (ssize_t)(size - SHARED_PAGE))
        return -EFAULT;
    memset(buffer + got, 0, size - (size_t)got);
    pages_judge(copy, block, part, buffer, write);
    for (unsigned i = part->from; i < part->to;) {
        unsigned first = i++;
        if (!write[first])
            continue;
        while (i < part->to && write[i] && block->slot[i] == block->slot[i - 1] + 1)
            i++;
        if (pwrite_full(copy->pages->out, buffer + (first - part->from) * SHARED_PAGE,
                        (i - first) * SHARED_PAGE,
                        (off_t)((block->slot[first] - 1) * SHARED_PAGE)) < 0)
            return -errno;
    }
    return 0;
}

/* ---- all of them ---- */

/* Blocks that are not known yet get their place; parts ascend. */
static int blocks_add(struct shared_pages *pages, const struct part *parts, size_t count)
{
    size_t known = pages->block_count;

    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && parts[i].index == parts[i - 1].index) ||
            block_find(pages, known, parts[i].index) != NULL)
            continue;
        struct shared_block *added =
            array_add(&pages->blocks, &pages->block_count, sizeof(*pages->blocks));
        if (added == NULL)
            return -ENOMEM;
        added->index = parts[i].index;
    }
    if (known > 0 && known < pages->block_count)
        qsort(pages->blocks, pages->block_count, sizeof(*pages->blocks), block_compare);
    return 0;
}

static int parts_make(const struct shared_stretch *stretches, size_t count, struct part **ret,
                      size_t *ret_count)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t at = stretches[i].start; at < stretches[i].end;) {
            struct part *part = array_add(ret, ret_count, sizeof(**ret));
            if (part == NULL)
                return -ENOMEM;
            part->index = at / SHARED_BLOCK_PAGES;
            uint64_t first = part->index * SHARED_BLOCK_PAGES, left = stretches[i].end - first;
            part->from = (unsigned)(at - first);
            part->to = left < SHARED_BLOCK_PAGES ? (unsigned)left : SHARED_BLOCK_PAGES;
            at = first + part->to;
        }
    }
    return 0;
}

int shared_pages_copy(struct shared_pages *pages, const struct shared_source *source,
                      const struct shared_stretch *stretches, size_t count, bool learn,
                      const bool *stop)
{
    struct part *parts = NULL;
    size_t part_count = 0;
    int error = parts_make(stretches, count, &parts, &part_count);

    if (error == 0)
        error = blocks_add(pages, parts, part_count);
    if (error == 0 && part_count > 0) {
        struct copy copy = {
            .pages = pages, .source = source, .parts = parts, .learn = learn, .stop = stop};
        struct parallel parallel = {.count = part_count,
                                    .take = TAKE,
                                    .buffer_size = BLOCK_SIZE,
                                    .alone = learn || part_count * BLOCK_SIZE < MUCH,
                                    .work = part_copy,
                                    .context = &copy};
        error = parallel_run(&parallel);
    }
    free(parts);
    return error;
}

int shared_pages_list(const struct shared_pages *pages, const struct shared_stretch *stretches,
                      size_t count, struct image_shared *object)
{
    int error = 0;

    for (size_t i = 0; i < count; i++) {
        const struct shared_block *block = NULL;
        for (uint64_t page = stretches[i].start; error == 0 && page < stretches[i].end; page++) {
            uint64_t index = page / SHARED_BLOCK_PAGES, offset = page * SHARED_PAGE;
            if (block == NULL || block->index != index)
                block = shared_pages_block(pages, index);
            uint64_t slot = block == NULL ? 0 : block->slot[page % SHARED_BLOCK_PAGES];
            if (slot == 0 || offset >= object->size)
                continue;
            uint64_t left = object->size - offset;
            error = image_shared_add_extent(object, offset, left < SHARED_PAGE ? left : SHARED_PAGE,
                                            (slot - 1) * SHARED_PAGE);
        }
    }
    return error;
}

void shared_pages_free(struct shared_pages *pages)
{
    if (pages->out >= 0)
        close(pages->out);
    free(pages->blocks);
    *pages = (struct shared_pages){.out = -1};
}
