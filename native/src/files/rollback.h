/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_ROLLBACK_H
#define CKPT_FILES_ROLLBACK_H

/* A directory becomes what a catalog says, name for name. What has not changed since is left as it is. */

#include "files/catalog.h"
#include "files/notes.h"

#include <limits.h>
#include <sys/stat.h>

struct rollback {
    struct catalog *catalog; /* what has stayed as it was is marked */
    bool outside; /* bring back what lies outside of the working directory; to is the root then */
    /* What is not in a dedicated directory comes back as far as it was noted. */
    const struct notes *notes;
    const char *workdir; /* as the tree sees it */
    int contents;        /* the generation's directory */
    int to;              /* the directory */
    int from;            /* where the files that are kept by reference lie; may be the same as to */
    char *const *excludes; /* globs of names at the top level that are left alone */
    size_t exclude_count;
    const struct stat *store; /* left alone wherever it lies */
    const struct stat *held;  /* entries at the top level that are never removed, or NULL */
    size_t held_count;
};

/* Whether the files kept by reference are what they were, and those outside still the same user's: -ESTALE, before
 * anything is touched. */
int rollback_check(const struct rollback *rollback, struct ckpt_error *err);

/* What is not brought back though it has changed: files outside that were there before the command, and such files here
 * that it first wrote to after the checkpoint. */
struct rollback_lost {
    unsigned count;
    char first[PATH_MAX];
};

/* Half done, it can be done again. */
int rollback_run(const struct rollback *rollback, struct rollback_lost *lost,
                 struct ckpt_error *err);

#endif
