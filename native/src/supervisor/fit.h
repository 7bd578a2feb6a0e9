/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_FIT_H
#define CKPT_SUPERVISOR_FIT_H

/* Whether an image fits this host: processor, pages, vDSO, numbers of processes, and room for it in memory,
 * among the addresses of a process and on disk. */

#include "common/error.h"
#include "common/hostcheck.h"
#include "store/manifest.h"
#include "store/store.h"

/* Adds an item for each to the table, all of them required. place is the directory that the files of the task will be
 * copied to; NULL: they are where they were. */
void fit_look(struct store *store, const struct manifest *manifest, const char *place,
              struct hostcheck *table);

/* Adds one for what the task reads from elsewhere: whether it is what it was. */
void fit_look_at_inputs(struct store *store, const struct manifest *manifest,
                        struct hostcheck *table);

/* The same as an error: 0, or -ENOTSUP with the first that does not fit. */
int fit_check(struct store *store, const struct manifest *manifest, const char *place,
              struct ckpt_error *err);

#endif
