/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_RESTART_H
#define CKPT_SUPERVISOR_RESTART_H

#include "store/manifest.h"
#include "supervisor/output.h"

/* A generation that has been verified and fits this host. */
struct restart_plan {
    unsigned generation;
    int dirfd;
    struct manifest manifest;
};

/* Verifies the generation and compares it with this host, changing nothing. */
int restart_prepare(struct store *store, unsigned generation, struct restart_plan *ret,
                    struct ckpt_error *err);
void restart_plan_free(struct restart_plan *plan);

/* Rebuilds the tree in a capsule: on success every process is back, parked, and connected; coordinator_tell_all()
 * lets them go. place is the directory that stands at the recorded working directory. On failure the capsule is gone
 * and nothing on disk has changed, except when err says otherwise. */
int restart_tree(struct coordinator *coordinator, struct output *output,
                 const struct restart_plan *plan, const char *place, struct ckpt_error *err);

/* The wait status of the root of a capsule, once coordinator's root_status watch has become readable; -1: none. */
int restart_root_status(int fd);

#endif
