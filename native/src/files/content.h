/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_CONTENT_H
#define CKPT_FILES_CONTENT_H

/* Keeping the bytes of one file. content_take() reads the file while nobody writes to it and stores what differs from
 * the generation before; content_finish() needs the file no longer and does the rest. */

#include "files/catalog.h"

/* One file on its way into a generation. */
struct content_job {
    int dirfd;                     /* of the generation that is made */
    int previous_dirfd;            /* of the one that holds previous, or -1 */
    struct file_content *previous; /* what the file was then, or NULL */
    uint64_t base;                 /* where the file begins in what it is read from */
    struct file_content *content;  /* to be filled; its name is for a new one */
    bool kept;    /* the content of the previous generation goes on, maybe with more behind it */
    bool cloned;  /* the blocks are shared with the file; the sums are still missing */
    bool written; /* something has to reach the disk */
    /* The previous content was damaged in the store, and another one takes its place. */
    bool healed;
    bool *stale; /* blocks that are to be copied from the previous content, or NULL */
};

/* From the descriptor, size bytes. -ESTALE when the file turns out to be shorter. With clone, blocks are shared where
 * the filesystem can, without reading them. */
int content_take(struct content_job *job, int from, uint64_t size, bool clone,
                 struct ckpt_error *err);
/* Copies a file with its holes to base, a multiple of the page size, of a file in memory: to be taken from there. */
int content_hold(int from, uint64_t size, int to, uint64_t base, struct ckpt_error *err);
/* For a file that has not changed at all: its content joins the generation. -EIO: it is damaged in the store. */
int content_keep(struct content_job *job, struct ckpt_error *err);
int content_finish(struct content_job *job, struct ckpt_error *err);
/* Whether the store has what the sums say, from offset for size bytes; the content is in the generation that is made.
 * -EIO: it has not. */
int content_check(const struct content_job *job, uint64_t offset, uint64_t size);
void content_job_free(struct content_job *job);

/* Copies a content, or any file, with its holes; blocks are shared where the filesystem can. 0 or -errno. */
int content_copy_to(int from, int to, uint64_t size);

#endif
