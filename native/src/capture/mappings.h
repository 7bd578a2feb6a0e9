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
    bool grows_down, huge_pages, no_huge_pages; /* only from smaps */
    char *name;                                 /* path, "[heap]" and the like, or "" */
};

struct mappings {
    struct mapping *list;
    size_t count;
};

/* The same from /proc/PID/smaps, which takes the kernel a walk over all pages. */
int mappings_read_with_flags(pid_t outer, struct mappings *ret, struct ckpt_error *err);
int mappings_read(pid_t outer, struct mappings *ret, struct ckpt_error *err);
/* Parses text, which it changes. -EBADMSG for a line it does not understand. */
int mappings_parse(char *text, struct mappings *ret);
void mappings_free(struct mappings *mappings);

#endif
