/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_MAPPINGS_H
#define CKPT_CAPTURE_MAPPINGS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/maps, one line each. */
struct mapping {
    uint64_t start, end, offset;
    uint64_t device, inode;
    int protection; /* PROT_* */
    bool shared;
    bool deleted;
    char *name; /* path, "[heap]" and the like, or "" */
};

struct mappings {
    struct mapping *list;
    size_t count;
};

int mappings_read(pid_t outer, struct mappings *ret, struct ckpt_error *err);
/* Parses text, which it changes. -EBADMSG for a line it does not understand. */
int mappings_parse(char *text, struct mappings *ret);
void mappings_free(struct mappings *mappings);

#endif
