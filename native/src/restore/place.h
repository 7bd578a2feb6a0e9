/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_PLACE_H
#define CKPT_RESTORE_PLACE_H

#include "common/error.h"
#include "files/rollback.h"

#include <stddef.h>

/* The files of a task become what they were at the checkpoint. A working directory that is the task's alone does so as a
 * whole, except for the names that match one of the globs, and the store; the last incarnation's directory in place,
 * another one anew: what stood there is kept aside until the outcome is known, and the last directory stays as it is.
 * Of any other directory only those files do that the tree has written to. */
struct place;

struct place_spec {
    struct catalog *catalog;
    int contents;     /* the generation's directory */
    const char *from; /* where the last incarnation worked; need not exist any more */
    const char *to;
    char *const *excludes;
    size_t exclude_count;
    const char *store;
    const struct notes *notes;
    const char *workdir; /* as the tree sees it */
};

/* *ret is NULL when the two are the same directory. */
int place_make(const struct place_spec *spec, struct place **ret, struct rollback_lost *lost,
               struct ckpt_error *err);
/* The entry of the directory top on the way to path, or zeroes when path does not lie below it. */
void place_entry_above(const char *path, const struct stat *top, struct stat *ret);

/* Drops what was kept aside. */
void place_commit(struct place *place);
/* Makes the directory what it was before. */
void place_undo(struct place *place);

#endif
