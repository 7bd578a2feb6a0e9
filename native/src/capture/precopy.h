/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_PRECOPY_H
#define CKPT_CAPTURE_PRECOPY_H

/* Copies the shared anonymous memory of a tree while it runs, in a thread of its own, so that during the pause it only
 * has to be compared. What comes of it is never relied on: a page that has changed, or was not seen, is copied then. */

#include "capture/shared_pages.h"
#include "proc/process_tree.h"

struct precopy;

/* Shared memory that the processes have in use, in bytes; some of it may be counted for more than one. */
uint64_t precopy_worth(const struct process_tree *tree);

/* Takes the tree over. The copies are files without a name in the directory. A byte arrives at done, an eventfd, when
 * it has finished. NULL: it cannot be done. */
struct precopy *precopy_start(struct process_tree *tree, int dirfd, int done);

/* Moves what there is of the object to *ret and gives its file the name that the image has for it, in the directory;
 * otherwise leaves *ret alone. precopy may be NULL; it has finished. */
void precopy_take(struct precopy *precopy, const struct image_shared *object, int dirfd,
                  struct shared_pages *ret);

/* Ends the thread if it still runs. NULL is fine. */
void precopy_end(struct precopy *precopy);

#endif
