/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_SHARED_H
#define CKPT_CAPTURE_SHARED_H

#include "common/error.h"
#include "image/tree.h"
#include "proc/mappings.h"
#include "proc/process_tree.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Asks the parked process itself: one byte for each of count pages from start, 1 where the object behind the mapping
 * has a page in memory, whoever has touched it. 0 or -errno. */
#define SHARED_ASK_PAGES WIRE_RESIDENT_PAGES
typedef int (*shared_ask)(void *who, pid_t outer, uint64_t start, size_t count, uint8_t *ret);

struct shared_capture;
struct precopy;

/* who goes to ask; precopy may be NULL. NULL without memory. */
struct shared_capture *shared_capture_new(struct tree_image *tree, int dirfd,
                                          struct precopy *precopy, shared_ask ask, void *who);
void shared_capture_free(struct shared_capture *capture);

/* Finds memory of the process that is shared without a file on disk and copies what no process before it has shown;
 * the tree must stand still. Refuses a process that has a device mapped. */
int shared_capture_process(struct shared_capture *capture, const struct tree_process *process,
                           struct ckpt_error *err);

#endif
