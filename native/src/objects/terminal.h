/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_TERMINAL_H
#define CKPT_OBJECTS_TERMINAL_H

/* Pseudoterminals. terminal.c has the pair, terminal_end.c the descriptors for its ends, terminal_control.c the session
 * that it controls, terminal_queue.c what has been typed or printed and not been read. */

#include "objects/object.h"

#define TERMINAL_MASTER_MAJOR 5 /* of /dev/tty and /dev/ptmx */
#define TERMINAL_MASTER_MINOR 2
#define TERMINAL_SLAVE_MAJOR  136

/* The terminal whose slave is device, as stat(2) and /proc/PID/stat give it; -1: none that the tree can take along. */
int terminal_find(const struct tree_image *tree, dev_t device);
/* The same for N of /dev/pts/N. */
int terminal_find_number(const struct tree_image *tree, int number);

/* All masters that the tree holds become terminals of its image, the first time this is called: a slave may be seen before
 * its master. 0 or -errno. */
int terminal_masters_find(const struct save_context *context);

/* Once all descriptors have been seen. */
int terminals_save(const struct save_context *context, struct ckpt_error *err);
/* The sessions that terminals control and their foreground groups; part of terminals_save(). */
int terminals_control_save(const struct save_context *context, struct ckpt_error *err);

/* A terminal that is being restored: descriptors for both ends, -1 when closed or not opened. */
struct terminal_ends {
    int master, slave;
};

/* In the capsule, whose /dev/pts is its own: ends[i] for each terminal of the tree. */
int terminals_make(const struct tree_image *tree, struct terminal_ends *ends,
                   struct ckpt_error *err);
/* Once everything has been opened: content, and what would have been in the way. */
int terminals_settle(const struct restore_context *context, struct ckpt_error *err);

/* What is queued in both directions is read, kept in the generation, and put back; both ends are open. With input_only
 * the other direction is left alone. 0, -ENOTSUP or another -errno. */
int terminal_queue_save(struct image_terminal *terminal, int dirfd, int index, bool input_only);
/* Puts in what the generation has, under settings of its own. */
int terminal_queue_fill(const struct image_terminal *terminal, const struct terminal_ends *ends,
                        int dirfd);

#endif
