/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_WAY_H
#define CKPT_SUPERVISOR_WAY_H

/* The way that a restart takes where not all namespaces can be had. Without mounts the new directory cannot stand at the
 * old path: the tree goes on in the old directory, and its files are moved to the new one when it has ended. Without a
 * /proc of its own the tree sees the numbers of the host there. */

#include "common/hostcheck.h"
#include "common/namespaces.h"
#include "files/catalog.h"
#include "supervisor/restart.h"

#include <limits.h>

struct way {
    char work[PATH_MAX];    /* where the tree goes on */
    char results[PATH_MAX]; /* where its files are wanted, "": there */
};

/* The tree is to go on in where. -ENOTSUP: this image takes what cannot be had. */
int way_find(const struct namespaces_means *means, const struct restart_plan *plan,
             const char *attempt_dir, const char *where, struct way *ret, struct ckpt_error *err);

/* Tells those who read the log or ask for the status, in one line, unless all is as usual. */
void way_tell(const struct namespaces_means *means, const struct way *way, struct status *status);

/* A row in the table of `ckpt check DIR`. */
int way_look(struct store *store, const struct manifest *manifest, unsigned generation,
             struct hostcheck *table, struct ckpt_error *err);

/* The tree has ended: its files go to where they are wanted. excludes and streams are left alone. */
struct files;
struct run_options;
int way_finish(const struct way *way, const struct files *files, const struct run_options *options,
               const char *store, struct ckpt_error *err);

#endif
