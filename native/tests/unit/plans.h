/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef UNIT_PLANS_H
#define UNIT_PLANS_H

/* What restore_plans.c and plan_histories.c share: trees of values, and their plans. */

#include "restore/plan.h"

#define PID_MAX    32768
#define SUPERVISOR 7
#define ROOT       100

/* A tree of the root, which leads its session, and what is added. */
struct tree_image plans_tree(pid_t supervisor, pid_t session);
void plans_add(struct tree_image *tree, pid_t pid, pid_t parent, pid_t group, pid_t session);
/* The plan for it, which has been tried out. */
struct restore_plan plans_make(struct tree_image *tree);
/* Releases both. */
void plans_end(struct restore_plan *plan, struct tree_image *tree);

#endif
