/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_LOCK_H
#define CKPT_OBJECTS_LOCK_H

#include "objects/object.h"

/* Locks of files, as fdinfo shows them. pid, with its descriptor seen->fd, holds those that belong to processes. */
int locks_save(const struct save_context *context, const struct seen_descriptor *seen, pid_t pid,
               int description, struct ckpt_error *err);

/* In the capsule, once everything is open: those that belong to descriptions. */
int locks_of_descriptions_restore(const struct restore_context *context, struct ckpt_error *err);
/* In the first process that holds the description, at its descriptor fd. */
int lease_restore(const struct tree_image *tree, int description, int fd, struct ckpt_error *err);
/* Those that belong to the process are taken by the restorer (restore/restorer.h). */
bool lock_is_of_process(const struct image_lock *lock, pid_t pid);

#endif
