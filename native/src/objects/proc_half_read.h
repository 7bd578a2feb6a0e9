/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_PROC_HALF_READ_H
#define CKPT_OBJECTS_PROC_HALF_READ_H

/* Files of processes below /proc that have been read in part. */

#include "image/tree.h"
#include "objects/object.h"

/* The process that "/proc/PID" or "/proc/PID/REST" is about, or 0: none. *ret_rest is "" or "/REST". */
pid_t proc_path_process(const char *path, const char **ret_rest);

/* Whether one is, while the tree stands still. */
bool half_read_is(const struct seen_descriptor *seen);
/* Whether the process, which may run meanwhile, has one; 0: nobody. */
bool half_read_has(pid_t process);
/* Notes in ret how far it has been read. 0 or -errno. */
int half_read_save(const struct seen_descriptor *seen, struct image_description *ret);
/* Whether a description in an image is one. */
bool half_read_was(const struct image_description *description);
/* Once all memory is as it was: puts the description behind fd there. 0 or -errno. */
int half_read_settle(int fd, const struct image_description *description);

#endif
