/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Inside the capsule: init, the stand-in, and the making of all processes with their old numbers. Each node of the
 * plan runs node_main(): forks those it has to fork, starts its session, and meets the others at barriers, after which
 * groups exist, zombies die and the living become what they were. */
#include "common/io.h"
#include "objects/limit.h"
#include "objects/system_v.h"
#include "objects/terminal.h"
#include "objects/terminal_control.h"
#include "restore/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIST_TRIES 100000

/* fork with a chosen pid; exit_signal is for the parent when the child ends. */
static pid_t fork_as(pid_t pid, int exit_signal)
{
    struct clone_args arguments = {
        .exit_signal = (uint64_t)exit_signal,
        .set_tid = (uint64_t)(uintptr_t)&pid,
        .set_tid_size = 1,
    };

    pid_t made = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
    /* A thread of ours that had the number may not be quite gone. */
    for (int i = 0; made < 0 && errno == EEXIST && i < EXIST_TRIES; i++) {
        sched_yield();
        made = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
    }
    return made;
}

static void barrier(volatile uint32_t *word, uint32_t all)
{
    uint32_t arrived;

    if (__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST) == all)
        syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    while ((arrived = *word) < all)
        syscall(SYS_futex, word, FUTEX_WAIT, arrived, NULL, NULL, 0);
}

void restore_await_all(const struct restore *restore)
{
    uint32_t living = 0;

    for (size_t i = 0; i < restore->tree->process_count; i++)
        living += !restore->tree->processes[i].zombie;
    barrier(&restore->shared->filled, living);
}

static void node_fork(struct restore *restore, int index);

/* Forks node through a child of ours that ends at once: the stand-in, as subreaper, becomes its parent. */
static void node_fork_adopted(struct restore *restore, int index)
{
    pid_t passing = fork_as(restore->plan.spare - index, SIGCHLD);

    if (passing == 0) {
        node_fork(restore, index);
        _exit(0);
    }
    if (passing < 0 || waitpid(passing, NULL, 0) != passing)
        RESTORE_FAIL_ERRNO(restore, "make a helper for process %d", restore->plan.nodes[index].pid);
}

static void children_fork(struct restore *restore, int creator, bool before_session)
{
    for (size_t i = 0; i < restore->plan.count; i++) {
        const struct plan_node *node = &restore->plan.nodes[i];
        if (node->creator != creator)
            continue;
        if (creator >= 0 &&
            plan_forks_before_session(&restore->plan, creator, node) != before_session)
            continue;
        if (node->adopted)
            node_fork_adopted(restore, (int)i);
        else
            node_fork(restore, (int)i);
    }
}

static __attribute__((noreturn)) void zombie_end(int status)
{
    struct rlimit none = {0};
    sigset_t all;

    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &none);
        signal(WTERMSIG(status), SIG_DFL);
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        kill(getpid(), WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

/* A parent goes on only when its dead children are dead, so that it hears nothing of it later. */
static void zombies_await(struct restore *restore, int creator)
{
    for (size_t i = 0; i < restore->plan.count; i++) {
        const struct plan_node *node = &restore->plan.nodes[i];
        siginfo_t info;
        if (node->creator != creator || node->adopted || node->process == NULL ||
            !node->process->zombie)
            continue;
        if (waitid(P_PID, (id_t)node->pid, &info, WEXITED | WNOWAIT | __WALL) < 0)
            RESTORE_FAIL_ERRNO(restore, "wait for the zombie %d", node->pid);
    }
}

static __attribute__((noreturn)) void node_main(struct restore *restore, int index)
{
    const struct plan_node *node = &restore->plan.nodes[index];
    uint32_t all = (uint32_t)restore->plan.count;
    struct ckpt_error err;

    children_fork(restore, index, true);
    if (node->session == node->pid && setsid() < 0)
        RESTORE_FAIL_ERRNO(restore, "make process %d lead a session", node->pid);
    if (terminal_take(restore->tree, node->process, restore->terminals, &err) < 0)
        restore_fail(restore, &err);
    children_fork(restore, index, false);
    terminal_give_up(restore->tree, node->process, restore->terminals);
    barrier(&restore->shared->created, all);
    if (node->leads_group && node->session != node->pid && setpgid(0, 0) < 0)
        RESTORE_FAIL_ERRNO(restore, "make process %d lead a group", node->pid);
    barrier(&restore->shared->led, all);
    if (node->group != node->pid && getpgrp() != node->group && setpgid(0, node->group) < 0)
        RESTORE_FAIL_ERRNO(restore, "put process %d into its group", node->pid);
    barrier(&restore->shared->grouped, all);
    terminal_foreground_set(restore->tree, node->process, restore->terminals);
    if (node->process == NULL)
        _exit(0);
    if (node->process->zombie)
        zombie_end(node->process->exit_status);
    zombies_await(restore, index);
    process_restore(restore, node->process);
}

static void node_fork(struct restore *restore, int index)
{
    const struct plan_node *node = &restore->plan.nodes[index];
    pid_t wanted = node->pid;
    int exit_signal =
        node->process != NULL && !node->adopted ? node->process->exit_signal : SIGCHLD;

    /* A zombie's would end us, or be found pending by whom we become: while it is blocked it is kept although it is ignored. */
    if (exit_signal != SIGCHLD && exit_signal != 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, exit_signal);
        signal(exit_signal, SIG_IGN);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    pid_t pid = fork_as(wanted, exit_signal);

    if (pid == 0)
        node_main(restore, index);
    if (pid < 0)
        RESTORE_FAIL_ERRNO(restore, "make process %d", wanted);
}

/* ---- the stand-in ---- */

static __attribute__((noreturn)) void reap(struct restore *restore)
{
    int status;

    for (;;) {
        pid_t pid = wait(&status);
        if (pid < 0 && errno == ECHILD) {
            /* Nobody left: the kernel ends the capsule with its init. */
            _exit(0);
        }
        if (pid == restore->tree->root &&
            write_full(restore->status_fd, &status, sizeof(status)) < 0)
            _exit(1);
    }
}

static __attribute__((noreturn)) void stand_in_main(struct restore *restore)
{
    struct ckpt_error err = {0};

    prctl(PR_SET_NAME, "ckpt-parent");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (restore->plan.stand_in_session == restore->plan.stand_in && getpid() != getsid(0))
        setsid();
    else if (restore->plan.stand_in_leads)
        setpgid(0, 0); /* a script that has started a program in the bare form */
    limits_raise();
    restore_clear_numbers(restore);
    restore_open_descriptions(restore);
    if (system_v_restore(restore->tree, restore->dirfd, &err) < 0)
        restore_fail(restore, &err);
    restore_open_shared_memory(restore);
    children_fork(restore, -1, false);
    zombies_await(restore, -1);
    /* From now on nothing of the tree may be held open here. */
    dup2(restore->status_fd, 0);
    restore->status_fd = 0;
    fcntl(0, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, 1, ~0U, 0);
    reap(restore);
}

/* ---- init ---- */

static __attribute__((noreturn)) void init_wait(pid_t stand_in)
{
    int status;

    syscall(SYS_close_range, 0, ~0U, 0);
    for (;;) {
        pid_t pid = wait(&status);
        if (pid == stand_in || (pid < 0 && errno == ECHILD))
            _exit(0);
    }
}

/* The first supervisor was in somebody's session, which gets a leader that ends at once. */
static pid_t stand_in_fork(struct restore *restore)
{
    pid_t session = restore->plan.stand_in_session;

    if (session == restore->plan.stand_in || session == 1)
        return fork_as(restore->plan.stand_in, SIGCHLD);
    pid_t leader = fork_as(session, SIGCHLD);
    if (leader == 0) {
        setsid();
        pid_t pid = fork_as(restore->plan.stand_in, SIGCHLD);
        if (pid == 0)
            stand_in_main(restore);
        _exit(pid < 0 ? 1 : 0);
    }
    int status = 1;
    if (leader > 0)
        waitpid(leader, &status, 0);
    return leader < 0 || status != 0 ? -1 : restore->plan.stand_in;
}

void tree_restore(struct restore *restore)
{
    restore->shared = mmap(NULL, sizeof(*restore->shared), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (restore->shared == MAP_FAILED)
        RESTORE_FAIL_ERRNO(restore, "share %d bytes", (int)sizeof(*restore->shared));
    if (restore->plan.stand_in_session == 1)
        setsid();
    if (restore->plan.stand_in == 1)
        stand_in_main(restore);
    pid_t stand_in = stand_in_fork(restore);
    if (stand_in == 0)
        stand_in_main(restore);
    if (stand_in < 0)
        RESTORE_FAIL_ERRNO(restore, "make process %d", restore->plan.stand_in);
    init_wait(stand_in);
}
