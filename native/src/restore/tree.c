/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Inside the capsule: init, the stand-in, and the making of all processes with their old numbers. Each node of the
 * plan runs node_main(): forks those it has to fork, starts its session, and meets the others at barriers, after which
 * groups exist, zombies die and the living become what they were. */
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/epoll.h"
#include "objects/limit.h"
#include "objects/lock.h"
#include "objects/mapped_file.h"
#include "objects/object.h"
#include "objects/shared_memory.h"
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
#include <stdarg.h>
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

void restore_warn(const struct restore *restore, const char *fmt, ...)
{
    struct ckpt_error warning = {0}; /* no code: not an error */
    va_list list;

    va_start(list, fmt);
    vsnprintf(warning.message, sizeof(warning.message), fmt, list);
    va_end(list);
    if (write(restore->report_fd, &warning, sizeof(warning)) < 0)
        return; /* nobody listens */
}

void restore_fail(const struct restore *restore, const struct ckpt_error *err)
{
    ssize_t sent = write(restore->report_fd, err, sizeof(*err));

    _exit(sent < 0 ? 2 : 1);
}

#define FAIL_ERRNO(restore, ...)                                                                   \
    do {                                                                                           \
        struct ckpt_error err_ = {0};                                                              \
        ckpt_error_errno(&err_, __VA_ARGS__);                                                      \
        restore_fail(restore, &err_);                                                              \
    } while (0)

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
        FAIL_ERRNO(restore, "make a helper for process %d", restore->plan.nodes[index].pid);
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
            FAIL_ERRNO(restore, "wait for the zombie %d", node->pid);
    }
}

static __attribute__((noreturn)) void node_main(struct restore *restore, int index)
{
    const struct plan_node *node = &restore->plan.nodes[index];
    uint32_t all = (uint32_t)restore->plan.count;
    struct ckpt_error err;

    children_fork(restore, index, true);
    if (node->session == node->pid && setsid() < 0)
        FAIL_ERRNO(restore, "make process %d lead a session", node->pid);
    if (terminal_take(restore->tree, node->process, restore->terminals, &err) < 0)
        restore_fail(restore, &err);
    children_fork(restore, index, false);
    terminal_give_up(restore->tree, node->process, restore->terminals);
    barrier(&restore->shared->created, all);
    if (node->leads_group && node->session != node->pid && setpgid(0, 0) < 0)
        FAIL_ERRNO(restore, "make process %d lead a group", node->pid);
    barrier(&restore->shared->led, all);
    if (node->group != node->pid && getpgrp() != node->group && setpgid(0, node->group) < 0)
        FAIL_ERRNO(restore, "put process %d into its group", node->pid);
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

    /* A zombie's would end us. */
    if (exit_signal != SIGCHLD && exit_signal != 0)
        signal(exit_signal, SIG_IGN);
    pid_t pid = fork_as(wanted, exit_signal);

    if (pid == 0)
        node_main(restore, index);
    if (pid < 0)
        FAIL_ERRNO(restore, "make process %d", wanted);
}

/* ---- the stand-in ---- */

static int description_open(const struct restore_context *context,
                            const struct image_description *from, struct ckpt_error *err)
{
    switch (from->kind) {
    case DESCRIPTION_REGULAR:
    case DESCRIPTION_DELETED:
        return regular_file_restore(context, from, err);
    case DESCRIPTION_DIRECTORY:
        return directory_restore(context, from, err);
    case DESCRIPTION_DEVICE:
        return device_restore(context, from, err);
    case DESCRIPTION_PROC:
        return proc_file_restore(context, from, err);
    case DESCRIPTION_PIPE:
    case DESCRIPTION_FIFO:
        return pipe_restore(context, from, err);
    case DESCRIPTION_EVENTFD:
        return event_restore(context, from, err);
    case DESCRIPTION_TIMERFD:
        return timer_restore(context, from, err);
    case DESCRIPTION_SIGNALFD:
        return signalfd_restore(context, from, err);
    case DESCRIPTION_EPOLL:
        return epoll_restore(context, from, err);
    case DESCRIPTION_MEMFD:
        return memfd_restore(context, from, err);
    case DESCRIPTION_PIDFD:
        return pidfd_restore(context, from, err);
    case DESCRIPTION_INOTIFY:
        return inotify_restore(context, from, err);
    case DESCRIPTION_QUEUE:
        return posix_queue_restore(context, from, err);
    case DESCRIPTION_TERMINAL_MASTER:
    case DESCRIPTION_TERMINAL:
    case DESCRIPTION_TTY:
        return terminal_restore(context, from, err);
    case DESCRIPTION_SOCKET:
        return socket_restore(context, from, err);
    case DESCRIPTION_PATH_ONLY:
        return path_only_restore(context, from, err);
    case DESCRIPTION_INHERITED:
        return inherited_restore(context, from, err);
    default:
        return standard_stream_restore(context, from, err);
    }
}

/* All descriptors of ours have to be above all that any process wants. */
static int base_find(const struct tree_image *tree)
{
    int highest = 63;

    for (size_t i = 0; i < tree->process_count; i++) {
        for (size_t j = 0; j < tree->processes[i].descriptor_count; j++) {
            if (tree->processes[i].descriptors[j].fd > highest)
                highest = tree->processes[i].descriptors[j].fd;
        }
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *epoll = &tree->descriptions[i];
        for (size_t j = 0; epoll->kind == DESCRIPTION_EPOLL && j < epoll->watch_count; j++) {
            if (epoll->watches[j].fd > highest)
                highest = epoll->watches[j].fd;
        }
    }
    return highest + 1;
}

static int move_up(struct restore *restore, int fd)
{
    int moved = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, restore->base);

    if (fd >= 0 && moved < 0)
        FAIL_ERRNO(restore, "move a descriptor above %d (limit of open files)", restore->base);
    return moved;
}

/* The slaves stay until every session has its terminal. */
static void terminals_hand_on(struct restore *restore, const struct restore_context *context)
{
    struct ckpt_error err;

    if (terminals_settle(context, &err) < 0)
        restore_fail(restore, &err);
    for (size_t i = 0; i < restore->tree->terminal_count; i++) {
        struct terminal_ends *ends = &restore->terminals[i];
        if (restore->tree->terminals[i].use != TERMINAL_OF_THE_TREE &&
            restore_report_terminal(restore->report_fd, ends->master) < 0)
            FAIL_ERRNO(restore, "hand over the terminal");
        if (ends->slave < 0)
            continue;
        int low = ends->slave;
        ends->slave = move_up(restore, low);
        close(low);
    }
}

static void descriptions_open(struct restore *restore)
{
    const struct tree_image *tree = restore->tree;
    struct ckpt_error err = {0};

    restore->opened = calloc(tree->description_count + 1, sizeof(int));
    restore->terminals = calloc(tree->terminal_count + 1, sizeof(*restore->terminals));
    if (restore->opened == NULL || restore->terminals == NULL)
        FAIL_ERRNO(restore, "open %d descriptions", (int)tree->description_count);
    struct restore_context context = {
        .tree = restore->tree,
        .dirfd = restore->dirfd,
        .input = restore->input,
        .output = restore->output,
        .error = restore->error,
        .opened = restore->opened,
        .terminals = restore->terminals,
    };
    if (terminals_make(tree, restore->terminals, &err) < 0)
        restore_fail(restore, &err);
    for (size_t i = 0; i < tree->description_count; i++)
        restore->opened[i] = -1;
    for (size_t i = 0; i < tree->description_count; i++) {
        int fd = description_open(&context, &tree->descriptions[i], &err);
        if (fd < 0)
            restore_fail(restore, &err);
        restore->opened[i] = move_up(restore, fd);
        close(fd);
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        if (regular_file_settle(&tree->descriptions[i], restore->opened[i], &err) < 0)
            restore_fail(restore, &err);
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        if (inotify_settle(&tree->descriptions[i], restore->opened[i], &err) < 0)
            restore_fail(restore, &err);
    }
    terminals_hand_on(restore, &context);
    if (sockets_settle(&context, &err) < 0 || locks_of_descriptions_restore(&context, &err) < 0)
        restore_fail(restore, &err);
    for (size_t i = 0; i < tree->description_count; i++) {
        if (tree->descriptions[i].kind == DESCRIPTION_EPOLL &&
            epoll_fill(&context, &tree->descriptions[i], restore->opened[i], &err) < 0)
            restore_fail(restore, &err);
    }
}

static void shared_memory_open(struct restore *restore)
{
    const struct tree_image *tree = restore->tree;
    struct ckpt_error err = {0};

    restore->shared_memory = calloc(tree->shared_count + 1, sizeof(int));
    if (restore->shared_memory == NULL)
        FAIL_ERRNO(restore, "open %d shared objects", (int)tree->shared_count);
    for (size_t i = 0; i < tree->mapped_file_count; i++) {
        if (mapped_file_restore(&tree->mapped_files[i], restore->dirfd, &err) < 0)
            restore_fail(restore, &err);
    }
    for (size_t i = 0; i < tree->shared_count; i++) {
        restore->shared_memory[i] = -1;
        if (tree_image_segment(tree, &tree->shared[i]) != NULL)
            continue; /* it is attached, not mapped */
        int fd =
            shared_memory_restore(tree, &tree->shared[i], restore->opened, restore->dirfd, &err);
        if (fd < 0)
            restore_fail(restore, &err);
        restore->shared_memory[i] = move_up(restore, fd);
        close(fd);
    }
}

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
    limits_raise();
    restore->base = base_find(restore->tree);
    restore->dirfd = move_up(restore, restore->dirfd);
    restore->report_fd = move_up(restore, restore->report_fd);
    restore->status_fd = move_up(restore, restore->status_fd);
    restore->input = move_up(restore, restore->input);
    restore->output = move_up(restore, restore->output);
    restore->error = move_up(restore, restore->error);
    descriptions_open(restore);
    if (system_v_restore(restore->tree, restore->dirfd, &err) < 0)
        restore_fail(restore, &err);
    shared_memory_open(restore);
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
        FAIL_ERRNO(restore, "share %d bytes", (int)sizeof(*restore->shared));
    if (restore->plan.stand_in_session == 1)
        setsid();
    if (restore->plan.stand_in == 1)
        stand_in_main(restore);
    pid_t stand_in = stand_in_fork(restore);
    if (stand_in == 0)
        stand_in_main(restore);
    if (stand_in < 0)
        FAIL_ERRNO(restore, "make process %d", restore->plan.stand_in);
    init_wait(stand_in);
}
