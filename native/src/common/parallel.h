/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_PARALLEL_H
#define CKPT_COMMON_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

/* Work that falls into independent parts, numbered from 0. */
struct parallel {
    size_t count;       /* of parts */
    size_t take;        /* neighbouring parts that one thread does in order, at least 1 */
    size_t buffer_size; /* of the memory that each thread hands to work, page-aligned; 0: none */
    bool alone;         /* by the calling thread only */
    int (*work)(void *context, size_t part, void *buffer); /* 0 or -errno, which ends the rest */
    void *context;
};

/* Does it in as many threads as there are processors, up to PARALLEL_MAX; in fewer where they cannot be had. All of them
 * have ended on return. 0 or the first error; -ENOMEM. */
#define PARALLEL_MAX 8
int parallel_run(const struct parallel *parallel);

#endif
