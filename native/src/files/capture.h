/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_CAPTURE_H
#define CKPT_FILES_CAPTURE_H

/* The files of a task join a generation: files_capture() while the tree stands still, files_write() when it runs again.
 *
 * A file that has not changed since the generation before costs no look at its bytes. One that has changed and that the
 * tree may still write to (it is open for writing, mapped, or was written a moment ago) is read during the pause, as far
 * as it differs; any other is only opened then, read afterwards, and looked at once more: if it has changed meanwhile,
 * the generation comes to nothing (-EAGAIN) and the next one reads everything during its pause. */

#include "files/catalog.h"
#include "files/notes.h"
#include "files/numbers.h"
#include "image/tree.h"
#include "store/manifest.h"
#include "store/store.h"

#include <sys/stat.h>

/* What stays from one generation to the next; zeroed, with root -1, before files_open(). */
struct files {
    int root;            /* the working directory */
    const char *workdir; /* its path as the tree sees it */
    bool dedicated;      /* to this task: all that is in it belongs to the generation */
    struct notes notes;  /* what the tree has written to otherwise */
    struct stat store;
    struct stat foreign[3]; /* what our own streams are, where that is a file */
    char *const *excludes;
    size_t exclude_count;
    /* A file that was there before and is at least that large is not copied. */
    uint64_t reference_from;
    /* What the tree knows files by, if not by their own numbers, or NULL. */
    struct numbers *numbers;
    /* Of the latest generation; before the first, what was there: without contents. */
    struct catalog last;
    unsigned last_generation; /* its number, 0: none */
    uint64_t looked_at;       /* how far the shared contents have been read again, in their order */
    bool pressing;            /* the last try met a file that changed */
    bool cannot_clone;
};

struct files_todo;

/* The files of one generation on their way. */
struct files_job {
    struct files *files;
    struct store *store;
    int dirfd;
    struct catalog catalog;
    struct files_todo *todo;
    size_t todo_count;
    uint64_t notes_sum; /* of the notes that the catalog counts */
    int previous_dirfd;
    int held;        /* memory with the small files, or -1 */
    uint64_t shared; /* bytes of contents shared with the generation before, so far */
    uint64_t look;   /* how many of them are read again */
    /* A content that was damaged in the store and has been stored anew, or "". */
    char healed[CONTENT_NAME_SIZE];
    bool notes_healed; /* the notes were, too */
};

/* What the caller has filled in is borrowed. */
int files_open(struct files *files, const char *directory, const char *store,
               struct ckpt_error *err);
void files_close(struct files *files);
/* Before the command starts: looks what there is, so that it can be kept by reference. What cannot be looked at is no
 * error yet. */
void files_note_original(struct files *files);
/* After a restart: the directory is what the catalog says, which becomes ours. Adds the numbers of its files. */
int files_continue(struct files *files, struct catalog *catalog, unsigned generation,
                   struct numbers_list *ret_numbers, struct ckpt_error *err);

/* While the tree stands still: decides what becomes of each file, and reads what cannot be read later. */
int files_capture(struct files *files, const struct tree_image *tree, struct store *store,
                  unsigned generation, int dirfd, struct files_job *ret, struct ckpt_error *err);
/* In the writer's thread: makes the generation's contents and its catalog and adds the former to the manifest. */
int files_write(struct files_job *job, struct manifest *manifest, struct ckpt_error *err);
/* The generation exists. */
void files_committed(struct files_job *job, unsigned generation);
void files_job_free(struct files_job *job);

#endif
