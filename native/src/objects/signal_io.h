/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SIGNAL_IO_H
#define CKPT_OBJECTS_SIGNAL_IO_H

#include "objects/object.h"

/* Of a description that has just been saved as ret: whom it signals, and how. */
int signal_io_save(const struct seen_descriptor *seen, struct image_description *ret,
                   struct ckpt_error *err);

/* In the first process that holds the description, at its descriptor fd, once all processes are there. */
int signal_io_restore(const struct image_description *description, int fd, struct ckpt_error *err);

#endif
