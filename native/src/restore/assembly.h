/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_ASSEMBLY_H
#define CKPT_RESTORE_ASSEMBLY_H

/* What the files share that put one process together, until its memory is replaced: process.c (the order of things),
 * process_descriptors.c and process_memory.c. Nothing here returns an error: a process that cannot be made ends the
 * restart. */

#include "image/process.h"
#include "proc/mappings.h"
#include "restore/restore.h"
#include "restore/restorer.h"

#include <stdbool.h>
#include <stdint.h>

struct assembly {
    struct restore *restore;
    const struct image_process *process;
    struct process_image image;
    struct mappings own;
    bool *early; /* for each VMA of the image, see early.h */
};

/* process.c: reports the error with the name of the process. */
void assembly_fail(const struct assembly *assembly, struct ckpt_error *err)
    __attribute__((noreturn));

#define FAIL_ERRNO(assembly, ...)                                                                  \
    do {                                                                                           \
        struct ckpt_error err_ = {0};                                                              \
        ckpt_error_errno(&err_, __VA_ARGS__);                                                      \
        assembly_fail(assembly, &err_);                                                            \
    } while (0)

/* A descriptor above all those of the tree, or -1 with errno. */
int assembly_open(const struct assembly *assembly, const char *path, int flags);

/* process_descriptors.c: all of the process at their numbers, and what they do for it alone. */
void assembly_place_descriptors(const struct assembly *assembly);

/* process_memory.c: the region that the restorer works from, at an address that neither this program nor the image has. */
struct restorer_args *assembly_make_region(const struct assembly *assembly, uint64_t *ret_stack);
/* What the restorer maps and reads, and what of it is there already. */
void assembly_fill_memory(struct assembly *assembly, struct restorer_args *args);

#endif
