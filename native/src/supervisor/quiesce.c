/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The first barrier. Connections say who has parked, the kernel says who exists; the tree stands still when the two
 * agree. A process that has just been forked or is in the middle of exec shows up in the second before the first. */
#include "supervisor/quiesce.h"

#include "capture/blame.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/proc.h"
#include "supervisor/coordinator.h"
#include "supervisor/stopped.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIESCE_DEADLINE_MS  15000
#define STRANGER_DEADLINE_MS 2000 /* for a process to connect once all others are parked */
#define NEWCOMER_DEADLINE_MS 300  /* for one that should connect, while all run on */
#define FILTERS_MOST         1000000
#define RECHECK_MS           2
#define QUIET_MS             20 /* after which somebody may be stopped */

static bool is_snapshot(struct coordinator *coordinator, pid_t outer)
{
    return coordinator_member(coordinator, outer, WIRE_KIND_SNAPSHOT) != NULL;
}

/* Snapshots of an earlier checkpoint that are still being written are not of the tree. */
static void helpers_drop(struct coordinator *coordinator, struct process_tree *tree)
{
    size_t kept = 0;

    for (size_t i = 0; i < tree->count; i++) {
        if (!is_snapshot(coordinator, tree->processes[i].outer) &&
            strcmp(tree->processes[i].name, "ckpt-snapshot") != 0)
            tree->processes[kept++] = tree->processes[i];
    }
    tree->count = kept;
}

/* In the bare form orphans are beyond the root, known by their connections only. */
static int strangers_add(struct coordinator *coordinator, struct process_tree *tree)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (member->kind != WIRE_KIND_PROCESS || process_tree_find(tree, member->outer) != NULL)
            continue;
        void *grown = reallocarray(tree->processes, tree->count + 1, sizeof(*tree->processes));
        if (grown == NULL)
            return -ENOMEM;
        tree->processes = grown;
        if (tree_process_read(member->outer, &tree->processes[tree->count]) == 0)
            tree->count++;
    }
    return 0;
}

int tree_list(struct coordinator *coordinator, struct process_tree *ret, struct ckpt_error *err)
{
    pid_t top = coordinator->mode == TREE_CHILD     ? getpid()
                : coordinator->mode == TREE_CAPSULE ? coordinator->stand_in
                                                    : coordinator->root_outer;
    int error = process_tree_read(top, coordinator->mode == TREE_BARE, ret, err);

    if (error < 0)
        return error;
    helpers_drop(coordinator, ret);
    if (coordinator->mode == TREE_BARE && strangers_add(coordinator, ret) < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    return 0;
}

/* The first living process that has not parked, or NULL. */
static const struct tree_process *stranger_find(struct coordinator *coordinator,
                                                const struct process_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        struct member *member =
            coordinator_member(coordinator, tree->processes[i].outer, WIRE_KIND_PROCESS);
        if (!tree_process_is_dead(&tree->processes[i]) &&
            (member == NULL || member->state != MEMBER_QUIESCED))
            return &tree->processes[i];
    }
    return NULL;
}

/* Which thread to look at where there is no main one. */
static int threads_find(struct coordinator *coordinator, struct process_tree *tree,
                        struct ckpt_error *err)
{
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_process *process = &tree->processes[i];
        struct member *member = coordinator_member(coordinator, process->outer, WIRE_KIND_PROCESS);
        if (!tree_process_lost_main(process) || member == NULL)
            continue;
        if (tree_process_look_at(process, member->thread) < 0)
            return ckpt_error_set(err, ESRCH, "process %d (%s) has no thread %d",
                                  (int)process->inner, process->name, (int)member->thread);
    }
    return 0;
}

bool tree_is_connected(struct coordinator *coordinator, const struct process_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_process *process = &tree->processes[i];
        if (!tree_process_is_dead(process) &&
            coordinator_member(coordinator, process->outer, WIRE_KIND_PROCESS) == NULL)
            return false;
    }
    return true;
}

static int failure_report(struct coordinator *coordinator, struct ckpt_error *err)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (member->state == MEMBER_FAILED) {
            coordinator->obstacle = member->outer;
            return ckpt_error_set(err, EAGAIN, "process %d: %s", (int)member->inner,
                                  member->reason);
        }
    }
    return 0;
}

/* ---- who cannot be taken ---- */

static int process_refuse(struct coordinator *coordinator, const struct tree_process *process,
                          const char *reason, struct ckpt_error *err)
{
    coordinator->obstacle = process->outer;
    return ckpt_error_set(err, ENOTSUP, "process %d (%s) %s", (int)process->inner, process->name,
                          reason);
}

/* Of its own, more than it has told us of. One that has just installed one, has been forked, or has been started tells us
 * at once. */
static bool filters_are_news(const struct tree_process *process, const struct member *member,
                             const struct surroundings *ours)
{
    unsigned told = member != NULL && member->state != MEMBER_NEW ? member->filters : 0;

    return process_is_filtered(process, ours->filters + told) && holds_library(process);
}

/* It may have gone to its root directory with a checkpoint thread that is about to connect. */
static bool may_be_rooted_only(const struct tree_process *process, const struct member *member)
{
    return member == NULL && has_own_root(process->task) && holds_library(process);
}

/* ret_newcomer: one that is likely to connect, and is to be given a moment; its pid is 0 when there is none. */
static int tree_look(struct coordinator *coordinator, const struct surroundings *ours,
                     struct tree_process *ret_newcomer, struct ckpt_error *err)
{
    struct process_tree tree;
    char reason[BLAME_SIZE];
    int error = tree_list(coordinator, &tree, err);

    ret_newcomer->outer = 0;
    if (error < 0)
        return error;
    for (size_t i = 0; error == 0 && i < tree.count; i++) {
        const struct tree_process *process = &tree.processes[i];
        const struct member *member =
            coordinator_member(coordinator, process->outer, WIRE_KIND_PROCESS);
        unsigned filters = member != NULL ? member->filters : 0;
        if (tree_process_is_dead(process))
            continue;
        bool is_rooted = may_be_rooted_only(process, member);
        if (is_rooted || filters_are_news(process, member, ours)) {
            *ret_newcomer = *process;
            filters = FILTERS_MOST;
        }
        if (process_blame(process, ours, filters, reason) || parallel_blame(process, reason) ||
            (member == NULL && !is_rooted && stranger_blame(process, reason)))
            error = process_refuse(coordinator, process, reason, err);
    }
    process_tree_free(&tree);
    return error;
}

/* A task must not stand still for a checkpoint that cannot be, so this comes before anybody is asked. */
static int tree_check(struct coordinator *coordinator, struct ckpt_error *err)
{
    struct surroundings ours;
    struct tree_process newcomer;
    char reason[BLAME_SIZE];
    uint64_t deadline = clock_monotonic_ms() + STRANGER_DEADLINE_MS, patience = 0;
    pid_t waited_for = 0;

    surroundings_read(coordinator->mode == TREE_CAPSULE ? coordinator->stand_in : getpid(), &ours);
    for (;;) {
        int error = tree_look(coordinator, &ours, &newcomer, err);
        uint64_t now = clock_monotonic_ms();
        if (error < 0 || newcomer.outer == 0 || now > deadline)
            return error;
        if (newcomer.outer != waited_for)
            patience = now + NEWCOMER_DEADLINE_MS;
        else if (now > patience &&
                 (process_blame(&newcomer, &ours, 0, reason) || stranger_blame(&newcomer, reason)))
            return process_refuse(coordinator, &newcomer, reason, err);
        waited_for = newcomer.outer;
        coordinator_pump(coordinator, RECHECK_MS);
    }
}

static bool owes_answer(const struct member *member)
{
    return (member->kind == WIRE_KIND_PROCESS && member->state == MEMBER_ASKED) ||
           member->state == MEMBER_NEW;
}

/* Those that cannot answer, or not even say who they are, because job control has stopped them. */
static int stopped_find(struct coordinator *coordinator, struct ckpt_error *err)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        struct tree_process process;
        if (member->stopped)
            stopped_go_on(coordinator, member);
        if (!owes_answer(member) || member->stopped ||
            tree_process_read(member->outer, &process) < 0 ||
            (process.state != 'T' && !stopped_is_traced(coordinator, member->outer)))
            continue;
        if (member->state == MEMBER_NEW) {
            stopped_reach(coordinator, member->outer);
            continue;
        }
        coordinator->obstacle = member->outer;
        if (stopped_wake(coordinator, member, err) < 0)
            return -EAGAIN;
    }
    return 0;
}

/* Those that were stopped before they could connect. */
static void strangers_reach(struct coordinator *coordinator, const struct process_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_process *process = &tree->processes[i];
        if (coordinator_member(coordinator, process->outer, WIRE_KIND_PROCESS) == NULL &&
            (process->state == 'T' || stopped_is_traced(coordinator, process->outer)))
            stopped_reach(coordinator, process->outer);
    }
}

/* For the log: where each thread of a process that does not answer stands. */
static void threads_log(pid_t outer)
{
    char path[64], *where;
    struct dirent *entry;
    struct tree_process thread;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)outer);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        pid_t tid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)atoi(entry->d_name) : 0;
        if (tid == 0 || tree_process_read(tid, &thread) < 0)
            continue;
        where = NULL;
        proc_text_read(tid, "wchan", &where);
        ckpt_info(
            "process %d: thread %d, %s, state %c, in %s, pending %lx, blocks %lx, traced by %d",
            (int)outer, (int)tid, thread.name, thread.state, where == NULL ? "?" : where,
            thread.pending, thread.own_blocked, (int)thread.tracer);
        free(where);
    }
}

static int unanswered(struct coordinator *coordinator, struct ckpt_error *err)
{
    struct tree_process process;

    ckpt_error_set(err, ETIMEDOUT, "a process of the tree does not answer");
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (!owes_answer(member) || tree_process_read(member->outer, &process) < 0)
            continue;
        threads_log(member->outer);
        ckpt_error_set(err, ETIMEDOUT, "process %d (%s) does not answer", (int)process.inner,
                       process.name);
    }
    return -ETIMEDOUT;
}

/* Waits until every connected process has parked or left. */
static int members_await(struct coordinator *coordinator, uint64_t deadline, struct ckpt_error *err)
{
    while (coordinator_count(coordinator, WIRE_KIND_PROCESS, MEMBER_ASKED) > 0 ||
           coordinator_count(coordinator, 0, MEMBER_NEW) > 0) {
        if (clock_monotonic_ms() > deadline)
            return unanswered(coordinator, err);
        if (!coordinator_pump(coordinator, QUIET_MS) && stopped_find(coordinator, err) < 0)
            return -EAGAIN;
        if (failure_report(coordinator, err) < 0)
            return -EAGAIN;
    }
    return failure_report(coordinator, err);
}

/* Who became another program since tree_check(). */
static int parallel_check(struct coordinator *coordinator, const struct process_tree *tree,
                          struct ckpt_error *err)
{
    char reason[BLAME_SIZE];

    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_process *process = &tree->processes[i];
        if (!tree_process_is_dead(process) && parallel_blame(process, reason))
            return process_refuse(coordinator, process, reason, err);
    }
    return 0;
}

int tree_quiesce(struct coordinator *coordinator, struct process_tree *ret, struct ckpt_error *err)
{
    uint64_t deadline = clock_monotonic_ms() + QUIESCE_DEADLINE_MS;
    uint64_t patience = 0; /* until when an unknown process may still connect */
    char reason[BLAME_SIZE];

    coordinator->checkpoint++;
    coordinator->obstacle = 0;
    if (tree_check(coordinator, err) < 0)
        return -ENOTSUP;
    coordinator->quiescing = true;
    coordinator_tell_all(coordinator, WIRE_QUIESCE);
    for (;;) {
        int error = members_await(coordinator, deadline, err);
        if (error == 0)
            error = tree_list(coordinator, ret, err);
        if (error < 0)
            return error;
        const struct tree_process *stranger = stranger_find(coordinator, ret);
        if (stranger == NULL) {
            stopped_note(coordinator);
            error = parallel_check(coordinator, ret, err);
            if (error == 0)
                error = threads_find(coordinator, ret, err);
            if (error < 0)
                process_tree_free(ret);
            return error;
        }
        if (patience == 0)
            patience = clock_monotonic_ms() + STRANGER_DEADLINE_MS;
        if (clock_monotonic_ms() > patience - STRANGER_DEADLINE_MS + QUIET_MS)
            strangers_reach(coordinator, ret);
        if (stranger_blame(stranger, reason) || clock_monotonic_ms() > patience) {
            process_refuse(coordinator, stranger, reason, err);
            process_tree_free(ret);
            return -ENOTSUP;
        }
        process_tree_free(ret);
        coordinator_pump(coordinator, RECHECK_MS);
    }
}

#define KILL_DEADLINE_MS 5000

void tree_kill(struct coordinator *coordinator)
{
    uint64_t deadline = clock_monotonic_ms() + KILL_DEADLINE_MS;
    struct process_tree tree = {0};
    size_t alive = 1;

    if (coordinator->mode == TREE_CAPSULE) {
        kill(coordinator->capsule_outer, SIGKILL); /* the kernel ends everybody else in it */
        waitpid(coordinator->capsule_outer, NULL, 0);
        return;
    }
    while (alive > 0 && clock_monotonic_ms() < deadline &&
           tree_list(coordinator, &tree, NULL) == 0) {
        alive = 0;
        for (size_t i = 0; i < tree.count; i++) {
            if (tree_process_is_dead(&tree.processes[i]))
                continue;
            kill(tree.processes[i].outer, SIGKILL);
            alive++;
        }
        process_tree_free(&tree);
        /* Orphans come to us; reaping them here keeps the list short. The root stays for its status. */
        coordinator_pump(coordinator, RECHECK_MS);
    }
}
