/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SYSTEM_V_ROWS_H
#define CKPT_OBJECTS_SYSTEM_V_ROWS_H

/* What the tables below /proc/sysvipc say: which objects there are, and who has used them. The kernel keeps the pids of
 * processes that have ended: whoever bears one now counts only if the object has been used since they began. */

#include "image/tree.h"
#include "proc/process_tree.h"

#include <stdbool.h>
#include <stdio.h>

struct system_v_row {
    enum system_v_kind kind;
    int id, key;
    unsigned count; /* of semaphores */
    uid_t creator_uid;
    long creator, users[2]; /* pids, as far as the kernel shows them; 0: nobody */
    long used;              /* seconds since 1970, at the latest by these */
};

/* The table of this IPC namespace; NULL: it has none. */
FILE *system_v_table(enum system_v_kind kind);
/* false: not a row, such as the table's head. */
bool system_v_row_parse(const char *line, enum system_v_kind kind, struct system_v_row *ret);

/* Who of the tree has made the object, or has used it last; NULL: nobody, as far as it shows. */
const struct tree_process *system_v_creator(const struct system_v_row *row,
                                            const struct process_tree *processes);
const struct tree_process *system_v_last_user(const struct system_v_row *row,
                                              const struct process_tree *processes);

#endif
