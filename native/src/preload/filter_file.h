/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_FILTER_FILE_H
#define CKPT_PRELOAD_FILTER_FILE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A seccomp filter that the program has installed. */
struct filter {
    struct sock_filter *code;
    uint32_t count;
    uint32_t flags;  /* of seccomp(2) */
    uint64_t hash;   /* of both */
    bool by_seccomp; /* not by prctl(2), which may be all that is permitted */
    bool is_stored;
};

uint64_t filter_hash(const struct filter *filter);
/* Its code, in a file of the store that its hash names: false when it cannot be written, or is not what it was. */
bool filter_store(const struct filter *filter);
bool filter_load(struct filter *filter);

#endif
