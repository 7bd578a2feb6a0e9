/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * See passing.h. Runs in a process of the capsule that has no thread but this one. */
#include "objects/passing.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t clone_as(pid_t number, int *ret_pidfd)
{
    struct clone_args arguments = {
        .flags = ret_pidfd == NULL ? 0 : CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)ret_pidfd,
        .set_tid = (uint64_t)(uintptr_t)&number,
        .set_tid_size = number > 0 ? 1 : 0,
    };

    return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

pid_t passing_start(pid_t number, int *ret_pidfd)
{
    pid_t pid = clone_as(number, ret_pidfd);

    if (pid < 0 && errno == EEXIST)
        pid = clone_as(0, ret_pidfd);
    while (pid == 0)
        pause();
    return pid < 0 ? -errno : pid;
}

void passing_end(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        continue;
}
