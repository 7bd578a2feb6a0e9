/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_MOVE_STEPS_H
#define CKPT_FILES_MOVE_STEPS_H

/* What move.c, move_stays.c and move_copy.c share. */

#include "files/move.h"

/* Whether generations need the file itself: it is kept by reference, and what it was. */
bool move_refers_to(const struct move *move, const char *path, const struct stat *status);
/* Whether they may need one below that directory. */
bool move_refers_into(const struct move *move, const char *directory);
/* A log of ours that the first directory holds: the second has its own. */
bool move_passes_over(const struct move *move, const char *path);
/* Whether the second directory has it already. */
bool move_finds(const struct move *move, const char *path, const struct stat *here,
                const struct stat *there);

/* Copies of files with several names. */
struct move_copies {
    struct move_copy {
        dev_t device; /* of the file, not of the copy */
        ino_t inode;
        char *path;
    } * list;
    size_t count;
};

/* Copies anything but a directory. 0 or -errno. */
int move_copy(const struct move *move, struct move_copies *copies, const char *path,
              const struct stat *status);
int move_attributes(const struct move *move, const char *path, const struct stat *status);
void move_copies_free(struct move_copies *copies);

#endif
