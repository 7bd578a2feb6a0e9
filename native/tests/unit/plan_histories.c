/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whatever processes may do, there is a plan for the outcome. */
#include "fuzz.h"
#include "plans.h"
#include "unit.h"

#define FUZZ_MS 700

static struct image_process *any(struct tree_image *tree)
{
    return &tree->processes[fuzz_roll((uint32_t)tree->process_count)];
}

static bool group_exists(const struct tree_image *tree, pid_t group, pid_t session)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        if (tree->processes[i].group == group &&
            (session == 0 || tree->processes[i].session == session))
            return true;
    }
    return false;
}

static void reap(struct tree_image *tree, struct image_process *it)
{
    *it = tree->processes[--tree->process_count];
}

/* Its children become the supervisor's, which waits for the dead ones at once. */
static void end_process(struct tree_image *tree, struct image_process *it)
{
    pid_t pid = it->pid;

    it->zombie = true;
    for (size_t i = tree->process_count; i-- > 0;) {
        if (tree->processes[i].parent == pid)
            tree->processes[i].parent = tree->parent;
    }
    for (size_t i = tree->process_count; i-- > 0;) {
        if (tree->processes[i].zombie && tree->processes[i].parent == tree->parent)
            reap(tree, &tree->processes[i]);
    }
}

/* Numbers close to each other, to the highest one and to those of the supervisor. */
static pid_t fresh_pid(const struct tree_image *tree)
{
    static const pid_t bases[] = {2, 150, PID_MAX / 2 - 40, PID_MAX - 60};

    for (;;) {
        pid_t pid = bases[fuzz_roll(4)] + (pid_t)fuzz_roll(60);
        if (tree_image_process(tree, pid) == NULL && pid != tree->parent && pid != tree->session &&
            !group_exists(tree, pid, 0))
            return pid;
    }
}

static bool session_exists(const struct tree_image *tree, pid_t session)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        if (tree->processes[i].session == session)
            return true;
    }
    return false;
}

static void act(struct tree_image *tree)
{
    struct image_process *it = any(tree), *other = any(tree);
    pid_t fresh = fresh_pid(tree);

    if (it->zombie)
        return;
    switch (fuzz_roll(8)) {
    case 0:
    case 1:
    case 2:
        if (tree->process_count < 40 && !session_exists(tree, fresh))
            plans_add(tree, fresh, it->pid, it->group, it->session);
        break;
    case 3:
        if (!group_exists(tree, it->pid, 0))
            it->group = it->session = it->pid;
        break;
    case 4:
        if (it->session != it->pid)
            it->group = it->pid;
        break;
    case 5:
        if (it->session != it->pid && other->session == it->session)
            it->group = other->group;
        break;
    case 6:
        if (it->pid != ROOT)
            end_process(tree, it);
        break;
    default: /* wait */
        if (other->zombie && other->parent == it->pid)
            reap(tree, other);
    }
}

TEST(every_history_of_processes_has_a_plan)
{
    static const pid_t sessions[] = {0, 1, 5, SUPERVISOR, PID_MAX - 1};
    unsigned rounds = 0;

    fuzz_start(FUZZ_MS);
    for (; fuzz_goes_on(); rounds++) {
        struct tree_image tree = plans_tree(SUPERVISOR, sessions[fuzz_roll(5)]);
        struct restore_plan plan;

        for (unsigned n = fuzz_roll(200); n; n--)
            act(&tree);
        plan = plans_make(&tree);
        plans_end(&plan, &tree);
    }
    CHECK(rounds > 100);
}
