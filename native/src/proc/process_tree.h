/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PROC_PROCESS_TREE_H
#define CKPT_PROC_PROCESS_TREE_H

/* Which processes exist below another one, as the kernel tells. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tree_process {
    pid_t outer; /* in our PID namespace */
    /* Likewise: the thread to look at, since a main thread that has ended shows nothing. */
    pid_t task;
    pid_t outer_parent;                      /* likewise */
    pid_t outer_group;                       /* likewise */
    pid_t inner, inner_group, inner_session; /* in its own PID namespace */
    char state;                              /* as in /proc/PID/stat */
    char name[16];
    unsigned threads, umask;
    unsigned long resident_bytes;
    unsigned long own_blocked; /* signals, by bit, of the main thread */
    unsigned long own_pending; /* signals, by bit, of the main thread */
    unsigned long pending;     /* and of the process */
    pid_t tracer;              /* in our PID namespace, or 0 */
    uid_t uid, effective_uid;
    gid_t gid, effective_gid;
    unsigned long capabilities; /* permitted */
    unsigned seccomp_mode;      /* 0, or SECCOMP_MODE_* */
    unsigned seccomp_filters;   /* how many; 1 where the kernel does not count them */
};

struct process_tree {
    struct tree_process *processes; /* parents before children */
    size_t count;
};

/* All descendants of top, and top itself if asked for. A process that ends meanwhile may be missing. */
int process_tree_read(pid_t top, int with_top, struct process_tree *ret, struct ckpt_error *err);
/* Whether this process has no children at all. */
bool process_tree_is_childless(void);
/* The children that we have now are none of the tree: whoever became ckpt by exec had started them before. */
int process_tree_note_strangers(struct ckpt_error *err);
void process_tree_free(struct process_tree *tree);
const struct tree_process *process_tree_find(const struct process_tree *tree, pid_t outer);
/* The same for a pid on record at a moment in seconds since 1970: not a process that began later and bears that pid now. */
const struct tree_process *process_tree_find_then(const struct process_tree *tree, long outer,
                                                  long moment);

/* One process; -ESRCH if it is gone. */
int tree_process_read(pid_t outer, struct tree_process *ret);
/* Whether all of it has ended, or only its main thread. */
bool tree_process_is_dead(const struct tree_process *process);
bool tree_process_lost_main(const struct tree_process *process);
/* Of a process that has lost its main thread: the thread with that number in its own PID namespace is the one to look at;
 * -ESRCH if there is none. */
int tree_process_look_at(struct tree_process *process, pid_t inner);

#endif
