/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SYSTEM_V_H
#define CKPT_OBJECTS_SYSTEM_V_H

/* System V objects: semaphores, message queues, shared memory. They live in an IPC namespace and belong to no process,
 * so the supervisor reads and makes them. Until the first restart the tree shares the namespace of the host, and what is
 * the tree's is told by who has made or used it; a capsule that has such objects has a namespace of its own, in which
 * everything is the tree's. */

#include "image/tree.h"
#include "proc/process_tree.h"

/* What was the tree's at the last checkpoint stays its own, though whoever made it may have ended. */
struct system_v_known {
    struct image_system_v *list;
    size_t count;
};

/* Adds the objects of the tree to its image; init is the capsule's first process, or 0, store the store's directory. The tree must stand still. */
int system_v_save(struct tree_image *tree, const struct process_tree *processes, pid_t init,
                  struct system_v_known *known, int store, int dirfd, struct ckpt_error *err);
/* In the capsule, before there are processes. */
int system_v_restore(const struct tree_image *tree, int dirfd, struct ckpt_error *err);
/* In the supervisor, once every process is there: segments that had been removed are again, and what the first
 * incarnation has left on the host goes. */
int system_v_settle(const struct tree_image *tree, pid_t init, struct ckpt_error *err);

/* ---- each kind ---- */

/* Data files hold parts: a number, a size, so many bytes. 0 or -errno. */
int part_append(int fd, int64_t number, const void *data, uint64_t size);
/* 1, 0 at the end, or -errno; the caller frees *ret_data, of at most limit bytes. */
int part_next(int fd, int64_t *ret_number, void **ret_data, uint64_t *ret_size, uint64_t limit);

/* Fills in what ret->id is and writes what it holds. 0 or -errno. */
int semaphores_save(struct image_system_v *ret, int out);
int message_queue_save(struct image_system_v *ret, int out);
int segment_save(struct image_system_v *ret, int out);
/* Makes it: the id it got, or -1 with errno. */
int semaphores_make(const struct image_system_v *object);
int message_queue_make(const struct image_system_v *object);
int segment_make(const struct image_system_v *object);
/* Gives it back what it held, its owner and permissions. 0 or -errno. */
int semaphores_fill(const struct image_system_v *object, int from);
int message_queue_fill(const struct image_system_v *object, int from);
int segment_fill(const struct image_system_v *object, int from);

#endif
