/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Probes of the capsule, step by step as a restart builds it: user namespace (unless
 * privileged), mount, time and PID namespace, then a first process with a /proc of its own that
 * gives a child the pid it wants. A step that fails ends the chain; what was not reached says
 * so. */
#include "common/hostcheck_probe.h"

#include "common/proc.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define WANTED_PID 24242 /* any that the first process of a namespace would not get by chance */

static void enter_user_namespace(struct hostcheck_item *item)
{
    char uids[48], gids[48];

    if (is_administrator())
        return probe_ok(item, "not needed, this process has CAP_SYS_ADMIN");
    snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
    snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
    if (unshare(CLONE_NEWUSER) < 0) {
        bool forbidden = errno == EPERM || errno == ENOSPC;

        probe_errno(item, "unshare");
        if (forbidden)
            strncat(item->detail,
                    " (see user.max_user_namespaces and kernel.unprivileged_userns_clone)",
                    sizeof(item->detail) - strlen(item->detail) - 1);
        return;
    }
    if (proc_write("/proc/self/setgroups", "deny") < 0 ||
        proc_write("/proc/self/uid_map", uids) < 0 || proc_write("/proc/self/gid_map", gids) < 0)
        return probe_errno(item, "map of user ids");
    probe_ok(item, "as an ordinary user");
}

static void enter_mount_namespace(struct hostcheck_item *item)
{
    if (unshare(CLONE_NEWNS) < 0)
        return probe_errno(item, "unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return probe_errno(item, "make / a slave");
    /* With MS_REC, since an ordinary user may not uncover what is mounted below. */
    if (mount("/tmp", "/tmp", NULL, MS_BIND | MS_REC, NULL) < 0)
        return probe_errno(item, "bind mount");
    probe_ok(item, "with bind mounts");
}

static void enter_time_namespace(struct hostcheck_item *item)
{
    if (unshare(CLONE_NEWTIME) < 0)
        return probe_errno(item, "optional, CLOCK_MONOTONIC will jump: unshare");
    if (proc_write("/proc/self/timens_offsets", "monotonic 3600 0") < 0)
        return probe_errno(item, "optional, CLOCK_MONOTONIC will jump: timens_offsets");
    probe_ok(item, "keeps CLOCK_MONOTONIC continuous");
}

static void enter_pid_namespace(struct hostcheck_item *item)
{
    if (unshare(CLONE_NEWPID) < 0)
        return probe_errno(item, "unshare");
    probe_ok(item, "with pids of its own");
}

static void probe_set_tid(struct hostcheck_item *item)
{
    pid_t wanted = WANTED_PID;
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1};
    int status = 0;
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    /* The raw call's child must touch no libc state, such as its cached ids. */
    if (pid == 0)
        _exit(syscall(SYS_getpid) == WANTED_PID ? 0 : 1);
    if (pid < 0)
        return probe_errno(item, "clone3 with set_tid");
    if (waitpid((pid_t)pid, &status, __WALL) != pid || pid != WANTED_PID || status != 0) {
        snprintf(item->detail, sizeof(item->detail), "clone3 gave pid %ld instead of %d", pid,
                 WANTED_PID);
        return;
    }
    probe_ok(item, "gives a process the pid it had");
}

/* The first process of the PID namespace. */
static void probe_inside(struct hostcheck_item *items)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        probe_errno(&items[PROBE_PROC_MOUNT], "mount /proc in the new PID namespace");
    else
        probe_ok(&items[PROBE_PROC_MOUNT], "in the new PID namespace");
    probe_set_tid(&items[PROBE_SET_TID]);
}

void probe_capsule(struct hostcheck_item *items)
{
    pid_t first;

    for (int i = PROBE_USER_NAMESPACE; i <= PROBE_SET_TID; i++)
        snprintf(items[i].detail, sizeof(items[i].detail), "not reached");
    enter_user_namespace(&items[PROBE_USER_NAMESPACE]);
    if (!items[PROBE_USER_NAMESPACE].ok)
        return;
    enter_mount_namespace(&items[PROBE_MOUNT_NAMESPACE]);
    if (!items[PROBE_MOUNT_NAMESPACE].ok)
        return;
    enter_time_namespace(&items[PROBE_TIME_NAMESPACE]);
    enter_pid_namespace(&items[PROBE_PID_NAMESPACE]);
    if (!items[PROBE_PID_NAMESPACE].ok)
        return;
    first = fork();
    if (first == 0) {
        probe_inside(items);
        _exit(0);
    }
    if (first < 0)
        probe_errno(&items[PROBE_PID_NAMESPACE], "fork into it");
    else
        waitpid(first, NULL, 0);
}
