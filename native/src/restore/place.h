/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_PLACE_H
#define CKPT_RESTORE_PLACE_H

#include "common/error.h"

#include <stddef.h>

/* When a restart happens in another directory than the last incarnation, the new one becomes a copy of the old one,
 * except for the entries whose names match one of the globs, and the store. What stood in the way is kept aside
 * until the outcome is known. */
struct place;

/* *ret is NULL when the two are the same directory. */
int place_make(const char *from, const char *to, char *const *excludes, size_t exclude_count,
               const char *store, struct place **ret, struct ckpt_error *err);
/* Drops what was kept aside. */
void place_commit(struct place *place);
/* Makes the directory what it was before. */
void place_undo(struct place *place);

#endif
