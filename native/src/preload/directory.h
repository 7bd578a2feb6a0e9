/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_DIRECTORY_H
#define CKPT_PRELOAD_DIRECTORY_H

#include <stdint.h>

/* What getdents64(2) writes, one behind the other. */
struct directory_entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

#endif
