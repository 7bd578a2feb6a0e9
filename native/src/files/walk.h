/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_WALK_H
#define CKPT_FILES_WALK_H

/* Every name below a directory, as entries of a catalog. */

#include "files/catalog.h"

#include <sys/stat.h>

/* Of names at the top level that are nobody's business: what a restart has put aside. */
#define ASIDE_PREFIX ".ckpt-aside"

struct walk {
    struct catalog *catalog;
    const struct catalog_index *previous; /* whose extended attributes still hold, or NULL */
    char *const *excludes;                /* globs of names at the top level that are left out */
    size_t exclude_count;
    const struct stat *left_out; /* a directory that is left out wherever it lies: the store */
    const struct stat *foreign;  /* files that are noted as such */
    size_t foreign_count;
    const char *workdir; /* as the tree sees it: where links lead out of it, or NULL */
    bool outside;
    bool left_alone; /* what is found is somebody else's */
    /* Called for each regular file with the directory it lies in; may change the entry. */
    int (*regular)(void *context, int directory, const char *name, const struct stat *status,
                   size_t entry, struct ckpt_error *err);
    void *context;
};

/* The tree that calls this stands still. */
int walk_directory(const struct walk *walk, int directory, struct ckpt_error *err);

/* The entry of that name below the directory, and everything below it; none if it is not there. */
int walk_name(const struct walk *walk, int directory, const char *name, struct ckpt_error *err);

/* Of a name at the top level: by a glob, or because a restart has put it aside. */
bool walk_leaves_out(const char *name, char *const *excludes, size_t exclude_count);

/* Opens an entry for reading, also one whose mode does not let its owner; its mode is then what it was, its time of
 * change is not. */
int open_for_reading(int directory, const char *name, int flags, const struct stat *status);

#endif
