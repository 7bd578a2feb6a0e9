/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_PLAN_H
#define CKPT_RESTORE_PLAN_H

/* Who has to fork whom, so that every process ends up with its parent, session and group. Pure; tested with values. */

#include "common/error.h"
#include "image/tree.h"

#include <stdbool.h>

struct plan_node {
    pid_t pid, group, session;
    bool leads_group;                    /* somebody is in the group of its number */
    const struct image_process *process; /* NULL: a helper that stands in for a dead leader */
    pid_t birth_session;                 /* the session that it has to be forked in, 0: any */
    int creator;                         /* index of the node that forks it, -1: the stand-in */
    /* The creator is not its parent: it is forked through a child that ends at once. */
    bool adopted;
};

struct restore_plan {
    struct plan_node *nodes;
    size_t count;
    pid_t stand_in;         /* its pid */
    pid_t stand_in_session; /* its session; equal to its pid when it leads one */
    bool stand_in_leads;    /* somebody is in the group of its number */
    pid_t spare;            /* this pid and the count - 1 below it are free for passing helpers */
};

/* pid_max: of the host. -ENOTSUP: no order of forks leads there; -EAGAIN: too few numbers are free. */
int restore_plan_make(const struct tree_image *tree, pid_t pid_max, struct restore_plan *ret,
                      struct ckpt_error *err);
void restore_plan_free(struct restore_plan *plan);

/* Whether creator has to fork node before it starts its own session. */
bool plan_forks_before_session(const struct restore_plan *plan, int creator,
                               const struct plan_node *node);

#endif
