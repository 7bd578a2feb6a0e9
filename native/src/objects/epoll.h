/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_EPOLL_H
#define CKPT_OBJECTS_EPOLL_H

#include "objects/object.h"

/* Once all descriptors have been seen: which descriptions are waited for. */
int epolls_save(const struct save_context *context);

/* In the stand-in, once everything is open and settled. Uses the numbers of the registrations. */
int epoll_fill(const struct restore_context *context, const struct image_description *description,
               int epoll, struct ckpt_error *err);
/* In a process that holds the epoll descriptor epoll, once all its descriptors are in place. */
int epoll_fill_in_process(const struct tree_image *tree, const struct image_process *process,
                          const struct image_description *description, int epoll,
                          struct ckpt_error *err);

#endif
