/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A session is inherited at fork and can only be left for a new one, so each process must be forked by somebody who
 * is in its session at that moment: its parent before or after the parent's own setsid, or, for an orphan, the leader
 * of its session. Dead leaders of sessions and groups get helpers. */
#include "restore/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int node_find(const struct restore_plan *plan, pid_t pid)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->nodes[i].pid == pid)
            return (int)i;
    }
    return -1;
}

static struct plan_node *node_add(struct restore_plan *plan)
{
    void *grown = reallocarray(plan->nodes, plan->count + 1, sizeof(*plan->nodes));

    if (grown == NULL)
        return NULL;
    plan->nodes = grown;
    plan->nodes[plan->count] = (struct plan_node){.creator = -1};
    return &plan->nodes[plan->count++];
}

static int helper_add(struct restore_plan *plan, pid_t pid, pid_t session)
{
    struct plan_node *node = node_add(plan);

    if (node == NULL)
        return -ENOMEM;
    node->pid = node->group = pid;
    node->session = session;
    return 0;
}

static bool is_known(const struct restore_plan *plan, pid_t pid)
{
    return pid == plan->stand_in || pid == plan->stand_in_session || node_find(plan, pid) >= 0;
}

/* A session leader also leads the group of its own number. */
static int leaders_add(struct restore_plan *plan)
{
    size_t processes = plan->count;

    for (size_t i = 0; i < processes; i++) {
        pid_t session = plan->nodes[i].session;
        if (session > 0 && !is_known(plan, session) && helper_add(plan, session, session) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < processes; i++) {
        pid_t group = plan->nodes[i].group;
        if (group > 0 && !is_known(plan, group) &&
            helper_add(plan, group, plan->nodes[i].session) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* The session that a node is in before it may call setsid: its creator's at that time. */
static pid_t session_inherited(const struct restore_plan *plan, int index)
{
    const struct plan_node *node = &plan->nodes[index];

    if (node->creator < 0)
        return plan->stand_in_session;
    return plan_forks_before_session(plan, node->creator, node)
               ? session_inherited(plan, node->creator)
               : plan->nodes[node->creator].session;
}

bool plan_forks_before_session(const struct restore_plan *plan, int creator,
                               const struct plan_node *node)
{
    const struct plan_node *by = &plan->nodes[creator];

    /* One that starts a session of its own may come at any time. */
    return by->session == by->pid && node->session != by->pid && node->session != node->pid;
}

static int creator_find(struct restore_plan *plan, struct plan_node *node, struct ckpt_error *err)
{
    int parent = node->process == NULL ? -1 : node_find(plan, node->process->parent);

    if (parent >= 0) {
        node->creator = parent;
        return 0;
    }
    if (node->session == node->pid || node->session == plan->stand_in_session)
        return 0; /* the stand-in forks it */
    node->creator = node_find(plan, node->session);
    node->adopted = true;
    if (node->creator < 0)
        return ckpt_error_set(err, ENOTSUP, "process %d is in session %d, which cannot be rebuilt",
                              (int)node->pid, (int)node->session);
    return 0;
}

static bool is_circular(const struct restore_plan *plan, size_t index)
{
    int at = (int)index;

    for (size_t steps = 0; at >= 0; steps++, at = plan->nodes[at].creator) {
        if (steps > plan->count)
            return true;
    }
    return false;
}

static int plan_check(const struct restore_plan *plan, struct ckpt_error *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (is_circular(plan, i))
            return ckpt_error_set(err, EBADMSG, "the parents of process %d form a circle",
                                  (int)node->pid);
        if (node->session != node->pid && node->session != session_inherited(plan, (int)i))
            return ckpt_error_set(
                err, ENOTSUP, "process %d is in session %d, which it cannot get from its parent",
                (int)node->pid, (int)node->session);
    }
    return 0;
}

static pid_t spare_find(const struct restore_plan *plan, pid_t pid_max)
{
    pid_t spare = pid_max - 1;

    /* One below everybody in the way; processes only, threads come after the helpers have gone. */
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->nodes[i].pid > spare - (pid_t)plan->count * 2 - 16)
            spare = plan->nodes[i].pid < pid_max / 2 ? spare : pid_max / 2;
    }
    return spare;
}

int restore_plan_make(const struct tree_image *tree, pid_t pid_max, struct restore_plan *ret,
                      struct ckpt_error *err)
{
    struct restore_plan plan = {.stand_in = tree->parent};
    int error = 0;

    plan.stand_in_session = tree->session > 0 ? tree->session : tree->parent;
    for (size_t i = 0; error == 0 && i < tree->process_count; i++) {
        const struct image_process *process = &tree->processes[i];
        struct plan_node *node = node_add(&plan);
        if (node == NULL) {
            error = -ENOMEM;
            break;
        }
        *node = (struct plan_node){.pid = process->pid,
                                   .group = process->group,
                                   .session = process->session,
                                   .process = process,
                                   .creator = -1};
        if (node->session == 0) /* of somebody outside our PID namespace: any will do */
            node->session = plan.stand_in_session;
        if (node->group == 0)
            node->group = node->pid;
    }
    if (error == 0)
        error = leaders_add(&plan);
    if (error < 0)
        ckpt_error_set(err, ENOMEM, "no memory");
    for (size_t i = 0; error == 0 && i < plan.count; i++)
        error = creator_find(&plan, &plan.nodes[i], err);
    if (error == 0)
        error = plan_check(&plan, err);
    plan.spare = spare_find(&plan, pid_max);
    if (error < 0)
        restore_plan_free(&plan);
    else
        *ret = plan;
    return error;
}

void restore_plan_free(struct restore_plan *plan)
{
    free(plan->nodes);
    memset(plan, 0, sizeof(*plan));
}
