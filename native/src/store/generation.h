/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_GENERATION_H
#define CKPT_STORE_GENERATION_H

/* DIR/generations/NNNNNN: each is complete, when it has a manifest, or nothing yet. Only the
 * holder of the lease begins, commits, abandons and removes. */

#include "common/error.h"
#include "store/manifest.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

/* Numbers of the complete ones, ascending; the caller frees *ret_numbers (NULL when there is
 * none). */
int generation_list(struct store *store, unsigned **ret_numbers, size_t *ret_count,
                    struct ckpt_error *err);

/* The latest complete one; -ENOENT if there is none. */
int generation_latest(struct store *store, unsigned *ret_number, struct ckpt_error *err);

/* Whether there is a complete one; what cannot be read has none. */
bool generation_exists(struct store *store);

/* Makes the directory of the next number, which no generation of this store has had, and opens
 * it. */
int generation_begin(struct store *store, unsigned *ret_number, int *ret_dirfd,
                     struct ckpt_error *err);

/* Sets manifest->generation, syncs every file the manifest names, the directory, then writes the
 * manifest. When this returns 0 the generation exists and survives a crash; otherwise there is
 * none, and the caller abandons it. */
int generation_commit(struct store *store, unsigned number, int dirfd, struct manifest *manifest,
                      struct ckpt_error *err);

/* Removes the directory of a generation that will not be committed; what can't be removed stays,
 * without a manifest. */
void generation_abandon(struct store *store, unsigned number);

/* Leaves the latest keep (at least 1) complete generations; removes the older ones, and
 * incomplete ones older than the latest complete one. */
int generation_prune(struct store *store, unsigned keep, struct ckpt_error *err);

/* Every generation. Their numbers are still not used again. */
int generation_remove_all(struct store *store, struct ckpt_error *err);

/* The directory of a complete or incomplete generation; -ENOENT if there is none. */
int generation_open(struct store *store, unsigned number, int *ret_dirfd, struct ckpt_error *err);

#endif
