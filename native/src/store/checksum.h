/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_CHECKSUM_H
#define CKPT_STORE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* XXH3 (64 bit), all at once or piece by piece while a file is written. */
struct checksum;

struct checksum *checksum_new(void); /* NULL: no memory */
void checksum_update(struct checksum *sum, const void *data, size_t size);
uint64_t checksum_digest(const struct checksum *sum);
void checksum_free(struct checksum *sum);

uint64_t checksum_bytes(const void *data, size_t size);

/* Files that grow from one generation to the next, and large ones, are summed up block by block. */
#define CHECKSUM_BLOCK (1024 * 1024)

/* Of the first size bytes: XXH3 of the little-endian XXH3 of each block. *ret_size is how much could be read. */
int checksum_blocks_fd(int fd, uint64_t size, uint64_t *ret_size, uint64_t *ret_sum);

/* The same while a file is written from its beginning to its end. */
struct checksum_blocks;

struct checksum_blocks *checksum_blocks_new(void); /* NULL: no memory */
void checksum_blocks_update(struct checksum_blocks *blocks, const void *data, size_t size);
uint64_t checksum_blocks_end(struct checksum_blocks *blocks, uint64_t *ret_size); /* once */
void checksum_blocks_free(struct checksum_blocks *blocks);

/* From the descriptor's position to its end, or of at most limit bytes. Returns 0 or -errno. */
int checksum_fd(int fd, uint64_t *ret_size, uint64_t *ret_sum);
int checksum_fd_part(int fd, uint64_t limit, uint64_t *ret_size, uint64_t *ret_sum);

#endif
