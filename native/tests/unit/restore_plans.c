/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Who forks whom. A plan is tried out with values: each process must come out with its own parent and session. */
#include "plans.h"
#include "unit.h"

struct tree_image plans_tree(pid_t supervisor, pid_t session)
{
    struct tree_image tree = {.parent = supervisor, .session = session, .root = ROOT};
    struct image_process *root = tree_image_add_process(&tree);

    CHECK(root != NULL);
    root->pid = root->group = root->session = ROOT;
    root->parent = supervisor;
    return tree;
}

void plans_add(struct tree_image *tree, pid_t pid, pid_t parent, pid_t group, pid_t session)
{
    struct image_process *added = tree_image_add_process(tree);

    CHECK(added != NULL);
    added->pid = pid;
    added->parent = parent;
    added->group = group;
    added->session = session;
}

static int node_of(const struct restore_plan *plan, pid_t pid)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->nodes[i].pid == pid)
            return (int)i;
    }
    return -1;
}

static const struct plan_node *node(const struct restore_plan *plan, pid_t pid)
{
    int at = node_of(plan, pid);

    if (at < 0)
        unit_fail(__FILE__, __LINE__, "process %d is not in the plan", (int)pid);
    return &plan->nodes[at];
}

static bool is_before(const struct restore_plan *plan, pid_t creator, pid_t pid)
{
    return plan_forks_before_session(plan, node_of(plan, creator), node(plan, pid));
}

/* Does what a restart does; the number of processes made below node at. */
static size_t try_out(const struct restore_plan *plan, int at, pid_t session)
{
    size_t made = 1;

    for (int after = 0; after < 2; after++) {
        for (size_t i = 0; i < plan->count; i++) {
            if (plan->nodes[i].creator != at)
                continue;
            if (at < 0 ? !after : plan_forks_before_session(plan, at, &plan->nodes[i]) == !after)
                made += try_out(plan, (int)i, session);
        }
        if (at >= 0 && !after && plan->nodes[at].session == plan->nodes[at].pid)
            session = plan->nodes[at].session;
    }
    if (at >= 0)
        CHECK_INT(plan->nodes[at].session, session);
    return made;
}

static void check_node(const struct restore_plan *plan, const struct plan_node *it)
{
    int leader = node_of(plan, it->group);

    if (it->process != NULL) {
        pid_t parent =
            it->creator < 0 || it->adopted ? plan->stand_in : plan->nodes[it->creator].pid;
        CHECK_INT(it->process->parent, parent);
    }
    if (it->group == plan->stand_in) {
        CHECK(plan->stand_in_leads);
        CHECK_INT(plan->stand_in_session, it->session);
        return;
    }
    CHECK(leader >= 0 && plan->nodes[leader].leads_group);
    CHECK_INT(plan->nodes[leader].session, it->session);
}

static bool is_taken(const struct restore_plan *plan, pid_t pid)
{
    return pid <= 1 || pid >= PID_MAX || pid == plan->stand_in || pid == plan->stand_in_session ||
           node_of(plan, pid) >= 0;
}

static void check_plan(const struct restore_plan *plan)
{
    CHECK_INT(try_out(plan, -1, plan->stand_in_session), plan->count + 1);
    for (size_t i = 0; i < plan->count; i++) {
        check_node(plan, &plan->nodes[i]);
        CHECK(!is_taken(plan, plan->spare - (pid_t)i));
    }
}

struct restore_plan plans_make(struct tree_image *tree)
{
    struct restore_plan plan;
    struct ckpt_error err = {0};

    if (restore_plan_make(tree, PID_MAX, &plan, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    check_plan(&plan);
    return plan;
}

void plans_end(struct restore_plan *plan, struct tree_image *tree)
{
    restore_plan_free(plan);
    tree_image_free(tree);
}

static void check_no_plan(struct tree_image *tree, int code, const char *reason)
{
    struct restore_plan plan;
    struct ckpt_error err = {0};

    CHECK_INT(restore_plan_make(tree, PID_MAX, &plan, &err), -code);
    CHECK_CONTAINS(err.message, reason);
    tree_image_free(tree);
}

TEST(parents_fork_their_children)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 102, 101, 101, ROOT); /* before its parent in the list */
    plans_add(&tree, 101, ROOT, 101, ROOT);
    plan = plans_make(&tree);
    CHECK_INT(plan.count, 3);
    CHECK_INT(node(&plan, ROOT)->creator, -1);
    CHECK_INT(node(&plan, 101)->creator, node_of(&plan, ROOT));
    CHECK_INT(node(&plan, 102)->creator, node_of(&plan, 101));
    CHECK(!node(&plan, 102)->adopted);
    CHECK(!is_before(&plan, ROOT, 101) && !is_before(&plan, 101, 102));
    CHECK_INT(plan.stand_in_session, 5);
    plans_end(&plan, &tree);
}

TEST(children_older_than_their_parents_session_are_forked_before_it)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 101, ROOT, 101, 101);
    plans_add(&tree, 102, 101, ROOT, ROOT); /* before setsid */
    plans_add(&tree, 103, 101, 101, 101);   /* after */
    plans_add(&tree, 104, 101, 104, 104);   /* at any time */
    plan = plans_make(&tree);
    CHECK(is_before(&plan, 101, 102));
    CHECK(!is_before(&plan, 101, 103));
    CHECK(!is_before(&plan, 101, 104));
    CHECK(!is_before(&plan, ROOT, 101));
    plans_end(&plan, &tree);
}

/* 101 forked 102, that 103; then 102 and 101 started sessions: 102 has to be made before 101 starts its own. */
TEST(leaders_are_forked_in_the_session_their_children_need)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 101, ROOT, 101, 101);
    plans_add(&tree, 102, 101, 102, 102);
    plans_add(&tree, 103, 102, ROOT, ROOT);
    plan = plans_make(&tree);
    CHECK(is_before(&plan, 101, 102) && is_before(&plan, 102, 103));
    plans_end(&plan, &tree);
}

TEST(orphans_are_forked_through_their_sessions_leader)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 102, SUPERVISOR, 102, ROOT); /* its leader is the root */
    plans_add(&tree, 103, SUPERVISOR, 103, 103);  /* leads one */
    plans_add(&tree, 104, SUPERVISOR, 104, 5);    /* the supervisor's */
    plan = plans_make(&tree);
    CHECK_INT(node(&plan, 102)->creator, node_of(&plan, ROOT));
    CHECK(node(&plan, 102)->adopted && !is_before(&plan, ROOT, 102));
    CHECK_INT(node(&plan, 103)->creator, -1);
    CHECK_INT(node(&plan, 104)->creator, -1);
    CHECK(!node(&plan, 103)->adopted && !node(&plan, 104)->adopted);
    plans_end(&plan, &tree);
}

/* Its child shows that the orphan was born in the root's session. */
TEST(orphans_that_lead_a_session_are_forked_where_they_were_born)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 101, SUPERVISOR, 101, 101);
    plans_add(&tree, 102, 101, ROOT, ROOT);
    plan = plans_make(&tree);
    CHECK(node(&plan, 101)->adopted && is_before(&plan, 101, 102));
    CHECK_INT(node(&plan, 101)->creator, node_of(&plan, ROOT));
    plans_end(&plan, &tree);
}

TEST(dead_leaders_of_sessions_get_helpers)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 103, SUPERVISOR, 103, 102); /* a daemon: forked twice, its leader has ended */
    plans_add(&tree, 104, 103, 104, 102);
    plan = plans_make(&tree);
    CHECK_INT(plan.count, 4);
    CHECK(node(&plan, 102)->process == NULL);
    CHECK_INT(node(&plan, 102)->session, 102);
    CHECK_INT(node(&plan, 102)->creator, -1);
    CHECK_INT(node(&plan, 103)->creator, node_of(&plan, 102));
    CHECK(node(&plan, 103)->adopted && !node(&plan, 104)->adopted);
    plans_end(&plan, &tree);
}

TEST(dead_leaders_of_groups_get_helpers)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 102, ROOT, 101, ROOT); /* a pipeline whose first command has ended */
    plans_add(&tree, 103, ROOT, 101, ROOT);
    plan = plans_make(&tree);
    CHECK_INT(plan.count, 4);
    CHECK(node(&plan, 101)->process == NULL && node(&plan, 101)->leads_group);
    CHECK_INT(node(&plan, 101)->session, ROOT);
    CHECK_INT(node(&plan, 101)->creator, node_of(&plan, ROOT));
    CHECK(!node(&plan, 102)->leads_group);
    plans_end(&plan, &tree);
}

TEST(supervisor_may_lead_the_group)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan = plans_make(&tree);

    CHECK(!plan.stand_in_leads);
    plans_end(&plan, &tree);
    tree = plans_tree(SUPERVISOR, 5);
    tree.processes[0].group = SUPERVISOR;
    tree.processes[0].session = 5;
    plan = plans_make(&tree);
    CHECK(plan.stand_in_leads);
    CHECK(!node(&plan, ROOT)->leads_group);
    plans_end(&plan, &tree);
}

TEST(leaders_that_changed_their_group_still_lead_the_old_one)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 101, ROOT, ROOT, ROOT);
    plans_add(&tree, 102, ROOT, 101, ROOT);
    plan = plans_make(&tree);
    CHECK_INT(plan.count, 3);
    CHECK(node(&plan, 101)->leads_group && !node(&plan, 102)->leads_group);
    plans_end(&plan, &tree);
}

TEST(zombies_lead_as_the_living_do)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);
    struct restore_plan plan;

    plans_add(&tree, 101, ROOT, 101, 101);
    tree.processes[1].zombie = true;
    plans_add(&tree, 102, SUPERVISOR, 101, 101);
    plan = plans_make(&tree);
    CHECK_INT(plan.count, 3);
    CHECK_INT(node(&plan, 102)->creator, node_of(&plan, 101));
    CHECK(node(&plan, 102)->adopted);
    plans_end(&plan, &tree);
}

TEST(circular_parents_are_refused)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);

    plans_add(&tree, 101, 103, 101, ROOT);
    plans_add(&tree, 102, 101, 102, 102);
    plans_add(&tree, 103, 102, 103, 103);
    plans_add(&tree, 104, 103, 104, ROOT);
    check_no_plan(&tree, EBADMSG, "form a circle");
    tree = plans_tree(SUPERVISOR, 5);
    plans_add(&tree, 101, 101, 101, ROOT);
    check_no_plan(&tree, EBADMSG, "the parents of process 101 form a circle");
}

TEST(sessions_that_nobody_can_pass_on_are_refused)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 5);

    plans_add(&tree, 101, ROOT, 101, 101);
    plans_add(&tree, 102, ROOT, 102, 101); /* of a sibling */
    check_no_plan(&tree, ENOTSUP, "cannot be rebuilt");
    tree = plans_tree(SUPERVISOR, 5);
    plans_add(&tree, 101, SUPERVISOR, 101, 102); /* of its own child */
    plans_add(&tree, 102, 101, 102, 102);
    check_no_plan(&tree, ENOTSUP, "cannot be rebuilt");
    tree = plans_tree(SUPERVISOR, 5);
    plans_add(&tree, 101, ROOT, 101, ROOT);
    plans_add(&tree, 102, SUPERVISOR, 102, 101); /* whose leader leads none */
    check_no_plan(&tree, ENOTSUP, "process 102 is in session 101");
}

TEST(supervisor_may_be_the_first_process)
{
    struct tree_image tree = plans_tree(1, 1);
    struct restore_plan plan;

    plans_add(&tree, 101, 1, 101, 1);
    tree.processes[1].group = 101;
    plan = plans_make(&tree);
    CHECK_INT(plan.stand_in, 1);
    CHECK_INT(plan.stand_in_session, 1);
    CHECK_INT(node(&plan, 101)->creator, -1);
    plans_end(&plan, &tree);
    /* Session 0: of somebody outside the PID namespace. */
    tree = plans_tree(1, 0);
    plans_add(&tree, 101, ROOT, 0, ROOT);
    plans_add(&tree, 102, 1, 102, 0);
    plan = plans_make(&tree);
    CHECK_INT(plan.stand_in_session, 1);
    CHECK_INT(node(&plan, 101)->group, 101);
    CHECK_INT(node(&plan, 102)->session, 1);
    plans_end(&plan, &tree);
}

TEST(supervisor_may_be_in_the_session_of_the_first_process)
{
    struct tree_image tree = plans_tree(SUPERVISOR, 1);
    struct restore_plan plan;

    plans_add(&tree, 101, SUPERVISOR, 101, 1);
    plan = plans_make(&tree);
    CHECK_INT(plan.stand_in_session, 1);
    CHECK_INT(plan.count, 2);
    CHECK_INT(node(&plan, 101)->creator, -1);
    plans_end(&plan, &tree);
}

TEST(spare_process_numbers_are_free_near_the_highest)
{
    struct tree_image tree = plans_tree(PID_MAX - 1, PID_MAX - 2);
    struct restore_plan plan;

    plans_add(&tree, PID_MAX - 3, PID_MAX - 1, PID_MAX - 3, ROOT);
    plans_add(&tree, PID_MAX - 8, ROOT, PID_MAX - 8, ROOT);
    plans_add(&tree, PID_MAX / 2 - 1, ROOT, PID_MAX / 2 - 1, ROOT);
    plans_add(&tree, PID_MAX / 2, ROOT, PID_MAX / 2, ROOT);
    plan = plans_make(&tree);
    CHECK_INT(plan.spare, PID_MAX - 9);
    plans_end(&plan, &tree);
}

TEST(too_few_process_numbers_are_an_error)
{
    struct tree_image tree = plans_tree(2, 2);
    struct restore_plan plan;
    struct ckpt_error err = {0};

    plans_add(&tree, 4, ROOT, 4, ROOT);
    CHECK_INT(restore_plan_make(&tree, 101, &plan, &err), 0); /* 99, 98 */
    CHECK_INT(plan.spare, 99);
    restore_plan_free(&plan);
    CHECK_INT(restore_plan_make(&tree, 6, &plan, &err), -EAGAIN); /* 5 and 3 */
    CHECK_INT(restore_plan_make(&tree, 4, &plan, &err), -EAGAIN);
    CHECK_INT(restore_plan_make(&tree, 0, &plan, &err), -EAGAIN);
    tree_image_free(&tree);
}
