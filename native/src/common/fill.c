/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Reading files into fresh memory. Most of that is the kernel's making of pages. Made some at once they cost less than
 * when each is missed in the middle of a read(2), huge ones a quarter, and are still in the cache when they are filled. */
#include "common/fill.h"

#include "common/array.h"
#include "common/io.h"
#include "common/parallel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CACHED (256ULL << 10)
#define PIECE  (2ULL << 20) /* a huge page, should the memory be of such */
#define MUCH   (8ULL << 20)
#define PAGE   4096ULL

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct filling {
    int fd;
    struct fill *pieces;
    size_t count;
};

static int piece_read(void *context, size_t index, void *unused)
{
    const struct filling *filling = context;
    const struct fill *piece = &filling->pieces[index];

    (void)unused;
    for (uint64_t done = 0; done < piece->size;) {
        uint64_t at = piece->address + done, left = piece->size - done;
        size_t size = left < CACHED ? (size_t)left : CACHED;
        /* Where the kernel does not know this, pages are made as they are missed. */
        madvise((void *)(uintptr_t)(at & ~(PAGE - 1)), size + (at & (PAGE - 1)),
                MADV_POPULATE_WRITE);
        ssize_t got =
            pread_full(filling->fd, (void *)(uintptr_t)at, size, (off_t)(piece->offset + done));
        if (got != (ssize_t)size)
            return got < 0 ? -errno : -EIO;
        done += size;
    }
    return 0;
}

/* Pieces begin and end where huge pages would. */
static int fill_cut(struct filling *filling, const struct fill *fill)
{
    for (uint64_t done = 0; done < fill->size;) {
        uint64_t at = fill->address + done, left = fill->size - done;
        uint64_t size = PIECE - (at & (PIECE - 1));
        struct fill *piece = array_add(&filling->pieces, &filling->count, sizeof(*piece));
        if (piece == NULL)
            return -ENOMEM;
        *piece = (struct fill){
            .address = at, .size = size < left ? size : left, .offset = fill->offset + done};
        done += piece->size;
    }
    return 0;
}

int fills_read(int fd, const struct fill *fills, size_t count)
{
    struct filling filling = {.fd = fd};
    uint64_t sum = 0;
    int error = 0;

    for (size_t i = 0; error == 0 && i < count; i++) {
        error = fill_cut(&filling, &fills[i]);
        sum += fills[i].size;
    }
    struct parallel parallel = {.count = filling.count,
                                .take = 1,
                                .alone = sum < MUCH,
                                .work = piece_read,
                                .context = &filling};
    if (error == 0)
        error = parallel_run(&parallel);
    free(filling.pieces);
    return error;
}
