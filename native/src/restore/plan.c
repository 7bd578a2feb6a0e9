/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A session is inherited at fork and can only be left for a new one, so each process must be forked by somebody who
 * is in its session at that moment: its parent before or after the parent's own setsid, or, for an orphan, the leader
 * of its session. One that leads a session may have been born in another, which shows in the children that it had
 * before. Dead leaders of sessions and groups get helpers. */
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
    node->leads_group = true;
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

    return by->session == by->pid && node->birth_session != 0 && node->birth_session != by->pid;
}

/* Its own, unless it leads that one: then what its children need that it forks before. */
static pid_t birth_session_find(const struct restore_plan *plan, int index)
{
    const struct plan_node *node = &plan->nodes[index];

    if (node->session != node->pid)
        return node->session;
    for (size_t i = 0; i < plan->count; i++) {
        pid_t child =
            plan->nodes[i].creator == index ? birth_session_find(plan, (int)i) : node->pid;
        if (child != 0 && child != node->pid)
            return child;
    }
    return 0;
}

/* Of a node whose parent is not in the plan. */
static int creator_find(struct restore_plan *plan, struct plan_node *node, struct ckpt_error *err)
{
    pid_t session = node->birth_session;

    if (session == 0 || session == plan->stand_in_session)
        return 0; /* the stand-in forks it */
    node->creator = node_find(plan, session);
    node->adopted = true;
    if (node->creator < 0)
        return ckpt_error_set(err, ENOTSUP, "process %d is in session %d, which cannot be rebuilt",
                              (int)node->pid, (int)session);
    return 0;
}

/* A node whose creators never end at the stand-in, or NULL. */
static const struct plan_node *circle_find(const struct restore_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        size_t steps = 0;
        for (int at = (int)i; at >= 0; at = plan->nodes[at].creator) {
            if (steps++ > plan->count)
                return &plan->nodes[i];
        }
    }
    return NULL;
}

static int sessions_check(const struct restore_plan *plan, struct ckpt_error *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (node->session != node->pid && node->session != session_inherited(plan, (int)i))
            return ckpt_error_set(
                err, ENOTSUP, "process %d is in session %d, which it cannot get from its parent",
                (int)node->pid, (int)node->session);
    }
    return 0;
}

/* A leader may have gone over to another group since. */
static void groups_find(struct restore_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        int leader = node_find(plan, plan->nodes[i].group);
        if (leader >= 0)
            plan->nodes[leader].leads_group = true;
        else if (plan->nodes[i].group == plan->stand_in)
            plan->stand_in_leads = true;
    }
}

static int creators_find(struct restore_plan *plan, struct ckpt_error *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_node *node = &plan->nodes[i];
        node->creator = node->process == NULL ? -1 : node_find(plan, node->process->parent);
    }
    const struct plan_node *circle = circle_find(plan);
    if (circle != NULL)
        return ckpt_error_set(err, EBADMSG, "the parents of process %d form a circle",
                              (int)circle->pid);
    for (size_t i = 0; i < plan->count; i++)
        plan->nodes[i].birth_session = birth_session_find(plan, (int)i);
    for (size_t i = 0; i < plan->count; i++) {
        int error = plan->nodes[i].creator < 0 ? creator_find(plan, &plan->nodes[i], err) : 0;
        if (error < 0)
            return error;
    }
    circle = circle_find(plan);
    if (circle != NULL)
        return ckpt_error_set(err, ENOTSUP, "process %d is in session %d, which cannot be rebuilt",
                              (int)circle->pid, (int)circle->session);
    return sessions_check(plan, err);
}

/* The highest number from low to high that is taken, or 0. */
static pid_t taken_between(const struct restore_plan *plan, pid_t low, pid_t high)
{
    pid_t taken = 0;

    for (size_t i = 0; i < plan->count; i++) {
        pid_t pid = plan->nodes[i].pid;
        if (pid >= low && pid <= high && pid > taken)
            taken = pid;
    }
    if (plan->stand_in >= low && plan->stand_in <= high && plan->stand_in > taken)
        taken = plan->stand_in;
    if (plan->stand_in_session >= low && plan->stand_in_session <= high &&
        plan->stand_in_session > taken)
        taken = plan->stand_in_session;
    return taken;
}

/* The highest numbers, one for each node, that no process has. Threads come after the helpers have gone. */
static int spare_find(struct restore_plan *plan, pid_t pid_max, struct ckpt_error *err)
{
    pid_t count = (pid_t)plan->count, taken;

    plan->spare = pid_max - 1;
    while (plan->spare > count &&
           (taken = taken_between(plan, plan->spare - count + 1, plan->spare)) != 0)
        plan->spare = taken - 1;
    /* The lowest of them may not be 1. */
    return plan->spare > count ? 0
                               : ckpt_error_set(err, EAGAIN, "no %d process ids below %d are free",
                                                (int)count, (int)pid_max);
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
    groups_find(&plan);
    if (error == 0)
        error = creators_find(&plan, err);
    if (error == 0)
        error = spare_find(&plan, pid_max, err);
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
