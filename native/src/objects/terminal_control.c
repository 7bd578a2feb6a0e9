/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The session that a terminal controls. Its leader takes the terminal before it forks, so that its children have it as
 * well; who had given it up gives it up again; at last, when all groups are there, the leader says which of them is in
 * the foreground. */
#include "objects/terminal_control.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "objects/terminal.h"
#include "proc/process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Fields 7 and 8 of /proc/PID/stat; the group is as we see it. */
static int control_read(pid_t outer, dev_t *ret_device, pid_t *ret_group)
{
    char path[64], text[1024];
    int code, group;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)outer);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
    if (got <= 0)
        return -ESRCH;
    text[got] = 0;
    const char *at = strrchr(text, ')');
    if (at == NULL || sscanf(at, ") %*c %*d %*d %*d %d %d", &code, &group) != 2)
        return -EBADMSG;
    unsigned bits = (unsigned)code;
    *ret_device = makedev((bits >> 8) & 0xfff, (bits & 0xff) | ((bits >> 12) & 0xfff00));
    *ret_group = group;
    return 0;
}

static pid_t inner_group(const struct process_tree *processes, pid_t outer)
{
    for (size_t i = 0; i < processes->count; i++) {
        if (processes->processes[i].outer_group == outer)
            return processes->processes[i].inner_group;
    }
    return 0;
}

int terminals_control_save(const struct save_context *context, struct ckpt_error *err)
{
    struct tree_image *tree = context->tree;

    for (size_t i = 0; tree->terminal_count > 0 && i < tree->process_count; i++) {
        struct image_process *process = &tree->processes[i];
        dev_t device;
        pid_t group;
        if (process->zombie)
            continue;
        if (control_read(context->processes->processes[i].outer, &device, &group) < 0)
            return ckpt_error_set(err, ESRCH, "process %d ended during the checkpoint",
                                  (int)process->pid);
        process->terminal = terminal_find(tree, device);
        if (process->terminal >= 0 && tree->terminals[process->terminal].hung_up)
            process->terminal = -1;
        if (process->terminal >= 0 && group > 0)
            tree->terminals[process->terminal].foreground = inner_group(context->processes, group);
    }
    return 0;
}

/* ---- restoring, in a process to be ---- */

static const struct image_process *leader_of(const struct tree_image *tree,
                                             const struct image_process *process)
{
    const struct image_process *leader = tree_image_process(tree, process->session);

    return leader == NULL || leader->zombie || leader->terminal < 0 ? NULL : leader;
}

int terminal_take(const struct tree_image *tree, const struct image_process *process,
                  const struct terminal_ends *ends, struct ckpt_error *err)
{
    if (process == NULL || leader_of(tree, process) != process)
        return 0;
    if (ioctl(ends[process->terminal].slave, TIOCSCTTY, 0) < 0)
        return ckpt_error_errno(err, "give process %d its terminal /dev/pts/%d", (int)process->pid,
                                tree->terminals[process->terminal].number);
    return 0;
}

void terminal_give_up(const struct tree_image *tree, const struct image_process *process,
                      const struct terminal_ends *ends)
{
    const struct image_process *leader = process == NULL ? NULL : leader_of(tree, process);

    if (leader != NULL && leader != process && process->terminal < 0)
        ioctl(ends[leader->terminal].slave, TIOCNOTTY);
}

void terminal_foreground_set(const struct tree_image *tree, const struct image_process *process,
                             const struct terminal_ends *ends)
{
    sigset_t stop;

    if (process == NULL || leader_of(tree, process) != process)
        return;
    pid_t group = tree->terminals[process->terminal].foreground;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    /* A group that has ended meanwhile cannot be in the foreground; nor was it, for anybody who waits for input. */
    if (group > 0)
        ioctl(ends[process->terminal].slave, TIOCSPGRP, &group);
}
