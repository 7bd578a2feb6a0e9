/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_DESCRIPTORS_H
#define CKPT_CAPTURE_DESCRIPTORS_H

#include "objects/object.h"

/* Which descriptors seen so far belong to which description, to find the shared ones. */
struct descriptor_index;
struct descriptor_index *descriptor_index_new(void);
void descriptor_index_free(struct descriptor_index *index);

/* Saves all descriptors of a parked process into context->tree, whose processes[process] it is. */
int capture_descriptors(const struct save_context *context, pid_t outer, size_t process,
                        struct ckpt_error *err);

#endif
