/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_RESTART_H
#define CKPT_SUPERVISOR_RESTART_H

#include "common/namespaces.h"
#include "files/catalog.h"
#include "files/numbers.h"
#include "image/tree.h"
#include "store/manifest.h"
#include "supervisor/output.h"

/* A generation that has been verified and fits this host. */
struct restart_plan {
    unsigned generation;
    int dirfd;
    struct manifest manifest;
    struct tree_image tree;
    struct catalog catalog;
};

/* Verifies the generation and compares it with this host, changing nothing. */
int restart_prepare(struct store *store, unsigned generation, struct restart_plan *ret,
                    struct ckpt_error *err);
void restart_plan_free(struct restart_plan *plan);

/* Rebuilds the tree in a capsule: on success every process is back, parked, and connected; WIRE_RESUME to all lets
 * them go, and *ret_status_fd becomes readable when the root ends. place is the directory that stands at the recorded
 * working directory; without mounts it is that directory. On failure the capsule is gone. */
int restart_tree(struct coordinator *coordinator, struct output *output,
                 const struct restart_plan *plan, const struct namespaces_means *means,
                 const char *place, int *ret_status_fd, struct ckpt_error *err);

/* Then: the numbers of files without a name that processes of the tree have open. */
int restart_numbers(struct coordinator *coordinator, const struct tree_image *tree,
                    struct numbers_list *ret, struct ckpt_error *err);

/* Ends the capsule, if there is one, and waits until everybody in it has gone. */
void restart_undo(struct coordinator *coordinator);

/* The wait status of the root, once *ret_status_fd has become readable; -1: it will never be known. */
int restart_root_status(int fd);

#endif
