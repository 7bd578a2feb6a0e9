/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PROC_MAPPINGS_H
#define CKPT_PROC_MAPPINGS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* /proc/PID/maps, one line each. */
struct mapping {
    uint64_t start, end, offset;
    uint64_t device, inode;
    int protection; /* PROT_* */
    bool shared;
    bool deleted;
    uint32_t flags;      /* VMA_* of image/process.h; only from smaps, like the next four */
    bool wiped_in_child; /* MADV_WIPEONFORK */
    unsigned page_shift; /* of the pages the kernel maps it with */
    uint64_t resident;   /* KiB that have pages, here or swapped out */
    uint8_t pkey;        /* protection key */
    uint16_t policy;     /* of mbind(2), with its flags, and its nodes; see policies.h */
    uint64_t nodes;
    char *name; /* path, "[heap]" and the like, or "" */
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
/* Whether the mapped file still stands at its path, as the process sees it: in a capsule other directories may stand
 * there than outside. Device numbers are not compared: some filesystems show others in maps than in stat. */
bool mapping_file_is_there(pid_t outer, const struct mapping *mapping, struct stat *ret);
void mappings_free(struct mappings *mappings);

#endif
