/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_FILL_H
#define CKPT_COMMON_FILL_H

#include <stddef.h>
#include <stdint.h>

/* Memory of ours, and where in a file its content is. */
struct fill {
    uint64_t address, size, offset;
};

/* Reads all of it, in threads where it is much. 0 or -errno; -EIO: the file is shorter. */
int fills_read(int fd, const struct fill *fills, size_t count);

#endif
