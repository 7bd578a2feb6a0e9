/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* XXH3 over buffers and files; the only place that knows the library. */
#include "store/checksum.h"

#include "common/cleanup.h"
#include "common/io.h"

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

int checksum_blocks_fd(int fd, uint64_t size, uint64_t *ret_size, uint64_t *ret_sum)
{
    cleanup_free char *buffer = malloc(CHECKSUM_BLOCK);
    struct checksum *sum = checksum_new();
    uint64_t at = 0;
    ssize_t n = buffer && sum ? 0 : -ENOMEM;

    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    while (n >= 0 && at < size) {
        size_t wanted = size - at < CHECKSUM_BLOCK ? (size_t)(size - at) : CHECKSUM_BLOCK;

        n = pread_full(fd, buffer, wanted, (off_t)at);
        if (n > 0) {
            uint64_t block = htole64(checksum_bytes(buffer, (size_t)n));

            checksum_update(sum, &block, sizeof(block));
            at += (uint64_t)n;
        }
        if (n != (ssize_t)wanted)
            break;
    }
    if (n >= 0) {
        *ret_size = at;
        *ret_sum = checksum_digest(sum);
    }
    checksum_free(sum);
    return n < 0 ? (int)n : 0;
}

int checksum_fd(int fd, uint64_t *ret_size, uint64_t *ret_sum)
{
    cleanup_free char *buffer = malloc(CHECKSUM_BUFFER);
    struct checksum *sum = checksum_new();
    uint64_t size = 0;
    ssize_t n = -ENOMEM;

    if (buffer && sum) {
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        while ((n = read_full(fd, buffer, CHECKSUM_BUFFER)) > 0) {
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
