/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* XXH3 over buffers and files; the only place that knows the library. */
#include "store/checksum.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/parallel.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define CHECKSUM_BUFFER (1024 * 1024)

struct checksum {
    XXH3_state_t state;
};

struct checksum *checksum_new(void)
{
    struct checksum *sum;

    /* XXH3's state wants more alignment than malloc gives. */
    if (posix_memalign((void **)&sum, _Alignof(struct checksum), sizeof(*sum)) != 0)
        return NULL;
    XXH3_INITSTATE(&sum->state);
    XXH3_64bits_reset(&sum->state);
    return sum;
}

void checksum_update(struct checksum *sum, const void *data, size_t size)
{
    XXH3_64bits_update(&sum->state, data, size);
}

uint64_t checksum_digest(const struct checksum *sum)
{
    return XXH3_64bits_digest(&sum->state);
}

void checksum_free(struct checksum *sum)
{
    free(sum);
}

uint64_t checksum_bytes(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}

struct blocks {
    int fd;
    uint64_t size;
    uint64_t *sums; /* little-endian */
    uint64_t read;
};

static int block_sum(void *context, size_t index, void *buffer)
{
    struct blocks *blocks = context;
    uint64_t at = index * (uint64_t)CHECKSUM_BLOCK, left = blocks->size - at;
    size_t wanted = left < CHECKSUM_BLOCK ? (size_t)left : CHECKSUM_BLOCK;
    ssize_t n = pread_full(blocks->fd, buffer, wanted, (off_t)at);

    if (n < 0)
        return (int)n;
    blocks->sums[index] = htole64(checksum_bytes(buffer, (size_t)n));
    __atomic_fetch_add(&blocks->read, (uint64_t)n, __ATOMIC_RELAXED);
    return 0;
}

int checksum_blocks_fd(int fd, uint64_t size, uint64_t *ret_size, uint64_t *ret_sum)
{
    size_t count = (size_t)((size + CHECKSUM_BLOCK - 1) / CHECKSUM_BLOCK);
    cleanup_free uint64_t *sums = calloc(count + 1, sizeof(*sums));
    struct blocks blocks = {.fd = fd, .size = size, .sums = sums};
    struct parallel parallel = {.count = count,
                                .take = 4,
                                .buffer_size = CHECKSUM_BLOCK,
                                .work = block_sum,
                                .context = &blocks};

    if (sums == NULL)
        return -ENOMEM;
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    int error = parallel_run(&parallel);
    if (error < 0)
        return error;
    *ret_size = blocks.read;
    *ret_sum = checksum_bytes(sums, count * sizeof(*sums));
    return 0;
}

struct checksum_blocks {
    struct checksum block, all;
    size_t filled; /* of the block */
    uint64_t size;
};

struct checksum_blocks *checksum_blocks_new(void)
{
    struct checksum_blocks *blocks;

    if (posix_memalign((void **)&blocks, _Alignof(struct checksum_blocks), sizeof(*blocks)) != 0)
        return NULL;
    *blocks = (struct checksum_blocks){0};
    XXH3_INITSTATE(&blocks->block.state);
    XXH3_INITSTATE(&blocks->all.state);
    XXH3_64bits_reset(&blocks->block.state);
    XXH3_64bits_reset(&blocks->all.state);
    return blocks;
}

static void block_end(struct checksum_blocks *blocks)
{
    uint64_t sum = htole64(checksum_digest(&blocks->block));

    checksum_update(&blocks->all, &sum, sizeof(sum));
    XXH3_64bits_reset(&blocks->block.state);
    blocks->filled = 0;
}

void checksum_blocks_update(struct checksum_blocks *blocks, const void *data, size_t size)
{
    blocks->size += size;
    while (size > 0) {
        size_t room = CHECKSUM_BLOCK - blocks->filled, part = size < room ? size : room;
        checksum_update(&blocks->block, data, part);
        blocks->filled += part;
        data = (const char *)data + part;
        size -= part;
        if (blocks->filled == CHECKSUM_BLOCK)
            block_end(blocks);
    }
}

uint64_t checksum_blocks_end(struct checksum_blocks *blocks, uint64_t *ret_size)
{
    if (blocks->filled > 0)
        block_end(blocks);
    *ret_size = blocks->size;
    return checksum_digest(&blocks->all);
}

void checksum_blocks_free(struct checksum_blocks *blocks)
{
    free(blocks);
}

static size_t part_size(uint64_t left)
{
    return left < CHECKSUM_BUFFER ? (size_t)left : CHECKSUM_BUFFER;
}

int checksum_fd_part(int fd, uint64_t limit, uint64_t *ret_size, uint64_t *ret_sum)
{
    cleanup_free char *buffer = malloc(CHECKSUM_BUFFER);
    struct checksum *sum = checksum_new();
    uint64_t size = 0;
    ssize_t n = -ENOMEM;

    if (buffer && sum) {
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        while ((n = read_full(fd, buffer, part_size(limit - size))) > 0) {
            checksum_update(sum, buffer, (size_t)n);
            size += (uint64_t)n;
        }
    }
    if (n == 0) {
        *ret_size = size;
        *ret_sum = checksum_digest(sum);
    }
    checksum_free(sum);
    return (int)n;
}

int checksum_fd(int fd, uint64_t *ret_size, uint64_t *ret_sum)
{
    return checksum_fd_part(fd, UINT64_MAX, ret_size, ret_sum);
}
