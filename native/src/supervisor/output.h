/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_OUTPUT_H
#define CKPT_SUPERVISOR_OUTPUT_H

/* Standard output and error of the tree: through a pipe each to ours, with a copy in the store. When ours are one and
 * the same, so is the pipe, and the order of what is written stays. A terminal that the tree has from us takes the
 * place of the pipe where ours is a terminal. */

#include "image/tree.h"
#include "supervisor/coordinator.h"

struct stream {
    struct watch watch;  /* the pipe's read end, -1 when it has come to its end */
    int write_end;       /* for the tree; -1 once it has been handed over */
    int target;          /* our own descriptor, -1 when it is gone */
    const char *name;    /* of the copy in the store; NULL when it could not be written */
    int store;           /* the directory */
    int record;          /* the copy, -1 before the first byte and when it could not be written */
    uint64_t bytes;      /* that have left the tree so far */
    uint64_t sent;       /* of these the reader has had so many */
    struct watch outlet; /* the target, while it has no room; else -1 */
    ino_t inode;         /* of the pipe */
};

struct output {
    struct stream out, err;
    struct stream echo;    /* of a terminal that stands for the input alone */
    int terminal;          /* master of the tree's own terminal, or -1 */
    enum terminal_use use; /* which of the streams it is */
    bool is_terminal[3];   /* which of the root's standard descriptors it is */
    bool joined;           /* err is unused: everything goes through out */
    bool incomplete;       /* the copy misses something, so no checkpoint may rely on it */
};

/* Makes the pipes and opens the copies, which must hold at least what they held at the checkpoint (0 for a new
 * start). */
int output_open(struct output *output, struct coordinator *coordinator, uint64_t out_bytes,
                uint64_t err_bytes, struct ckpt_error *err);
/* A tree that comes back brings its terminal along; master is output's from now on. */
int output_terminal_attach(struct output *output, struct coordinator *coordinator, int master,
                           struct ckpt_error *err);
/* Somebody may have opened the terminal again after all had closed it. */
void output_terminal_again(struct output *output, struct coordinator *coordinator);
/* Once the tree is there: the copies go on from that point. */
int output_cut(struct output *output, struct ckpt_error *err);
/* The descriptor for the tree's standard error. */
int output_error_end(const struct output *output);
/* After the tree has its ends: without this the pipes would never end. */
void output_handed_over(struct output *output);
/* Writes what earlier attempts wrote, up to the checkpoint. */
int output_replay(struct output *output, struct ckpt_error *err);
/* Forwards all that is in the pipes now. */
void output_drain(struct output *output, struct coordinator *coordinator);
/* A reader has still to take something. */
bool output_is_due(const struct output *output);
bool output_ended(const struct output *output);
void output_close(struct output *output);

#endif
