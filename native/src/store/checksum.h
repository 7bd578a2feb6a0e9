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

/* From the descriptor's position to its end. Returns 0 or -errno. */
int checksum_fd(int fd, uint64_t *ret_size, uint64_t *ret_sum);

#endif
