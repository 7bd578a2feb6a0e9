/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_MOVE_H
#define CKPT_FILES_MOVE_H

/* The files of a working directory go over to another one, which then is what the first was, name for name: on one
 * filesystem by renaming, else by copying. What stays behind in the first: the names that are left alone, what the second
 * has already (a symbolic link to the same, a small file with the same bytes: inputs that were staged there again), and
 * the files that generations keep by reference, of which the second gets another name or a copy: a restart after a move
 * that was broken off finds them where they were. */

#include "files/catalog.h"

#include <stdbool.h>
#include <sys/stat.h>

struct move {
    int from, to;          /* the directories */
    char *const *excludes; /* globs of names at the top level that are left alone in both */
    size_t exclude_count;
    char *const *each_own; /* likewise: names that the second directory keeps, where it has them */
    size_t each_own_count;
    /* Likewise: the store, what holds the other directory, our own streams. */
    const struct stat *held;
    size_t held_count;
    const struct catalog *catalog; /* of the latest generation */
    /* What stayed behind in the first goes as well, but for what is held: nobody else has been there. */
    bool clears;
};

/* Broken off, it can be done again once the first directory is what it was. */
int move_files(const struct move *move, struct ckpt_error *err);

#endif
