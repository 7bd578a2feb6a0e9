/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_BLAME_H
#define CKPT_CAPTURE_BLAME_H

/* What of a process cannot be carried, named for a person. Each reason is the end of a sentence that begins with the
 * process. The tree need not stand still. */

#include "proc/mappings.h"
#include "proc/process_tree.h"

#include <stdbool.h>
#include <sys/stat.h>

#define BLAME_SIZE 192

#define NAMESPACES 7

/* What a process should have in common with its tree: the namespaces by their numbers, 0: not to be seen, and how many
 * seccomp filters it is under. */
struct surroundings {
    uint64_t namespaces[NAMESPACES];
    unsigned filters;
};
void surroundings_read(pid_t pid, struct surroundings *ret);

/* Whether it sees another root directory than we do (chroot), so that its paths mean something else. */
bool has_own_root(pid_t pid);

/* What keeps the process from being carried, whether the library is in it or not; false: nothing. filters_known: so many
 * of its own are no matter. */
bool process_blame(const struct tree_process *process, const struct surroundings *ours,
                   unsigned filters_known, char reason[BLAME_SIZE]);

/* Whether any thread is under more seccomp filters than so many. */
bool process_is_filtered(const struct tree_process *process, unsigned permitted);

/* Whether a file with that in its path is mapped. */
bool maps_mention(pid_t outer, const char *name);

/* Whether the library is mapped in the process. */
bool holds_library(const struct tree_process *process);

/* What of a parallel program is out of our reach when this process is in the tree; false: nothing. */
bool parallel_blame(const struct tree_process *process, char reason[BLAME_SIZE]);

/* Why a process has no checkpoint thread; true when it will not have one either before it starts another program. */
bool stranger_blame(const struct tree_process *process, char reason[BLAME_SIZE]);

/* What a descriptor refers to, or a mapping is of, when it is known that it can never be carried; NULL: not known. */
const char *descriptor_blame(const char *target, const struct stat *status);
const char *mapping_blame(const char *name);

#endif
