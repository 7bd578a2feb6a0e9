/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_NOTES_H
#define CKPT_FILES_NOTES_H

/* DIR/notes: the names that the tree has made or opened for writing, in the order in which it did so for the first
 * time, one behind the other, each with a letter in front and a NUL behind:
 *
 *      C/tmp/sort8fGh2k\0      was not there before
 *      W/data/results.db\0     was
 *      W/tmp/a\0R/tmp/b\0       the first has been renamed to the second
 *
 * The preloaded library appends to it (preload/notes.c) before the program gets its descriptor, so that whatever a
 * killed tree has written to is known. Names of the working directory are noted only where it is not the task's alone,
 * and neither are those in /proc, /sys, /dev (but for /dev/shm) and the store.
 *
 * Outside of the working directory a file that was there before may be in use by others: it is never brought back, only
 * looked at. */

#include "common/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct note {
    char *path;   /* absolute, as the tree sees it */
    bool created; /* by the tree */
    uint64_t at;  /* where it stands in the file */
};

struct notes {
    struct note *list; /* each path once */
    size_t count;
    uint64_t bytes; /* of the file that have been read */
    char *text;     /* these, as they were read */
};

/* Reads what has come since the last time; -EBADMSG. store is the store's directory. */
int notes_read(struct notes *notes, int store, struct ckpt_error *err);
/* XXH3 of what has been read. */
uint64_t notes_sum(const struct notes *notes);
/* Writes anew what has been read, if the file has something else by now; -EBADMSG: it has less. */
int notes_heal(const struct notes *notes, int store, bool *ret_healed, struct ckpt_error *err);
/* Makes the file, or lets everybody of the tree write to one that a program has made whose umask forbids it. */
void notes_keep(int store);
/* Forgets what came after the first bytes, or everything. */
int notes_cut(int store, uint64_t bytes, struct ckpt_error *err);
/* The name below the directory that it is brought back in, the working directory or the root; NULL: it comes back with
 * a dedicated working directory. */
const char *noted_name(const char *workdir, bool dedicated, const char *path, bool *ret_outside);
void notes_free(struct notes *notes);

#endif
