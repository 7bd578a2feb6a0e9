/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Entering the namespaces of a restart, trying them, and what to tell people where they cannot be had. Others call the
 * trial from programs with threads: system calls and snprintf only. */
#include "common/namespaces.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NS_PER_S   1000000000LL
#define WANTED_PID 24242 /* any that the first process of a namespace would not get by chance */

static int identity_map(uid_t uid, gid_t gid, struct ckpt_error *err)
{
    char text[64];

    if (proc_write("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
        return ckpt_error_errno(err, "set up the user namespace");
    snprintf(text, sizeof(text), "%u %u 1", uid, uid);
    if (proc_write("/proc/self/uid_map", text) < 0)
        return ckpt_error_errno(err, "map the user in the user namespace");
    snprintf(text, sizeof(text), "%u %u 1", gid, gid);
    if (proc_write("/proc/self/gid_map", text) < 0)
        return ckpt_error_errno(err, "map the group in the user namespace");
    return 0;
}

static void shift_text(char *text, size_t size, const char *clock, int64_t shift)
{
    int64_t seconds = shift / NS_PER_S, rest = shift % NS_PER_S;

    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    snprintf(text, size, "%s %lld %lld\n", clock, (long long)seconds, (long long)rest);
}

/* Kernels without time namespaces exist; there the monotonic clock jumps, which most programs never notice. */
static int clocks_shift(const struct namespaces_spec *spec, struct ckpt_error *err)
{
    char text[160], line[80];

    if (unshare(CLONE_NEWTIME) < 0)
        return ckpt_error_errno(err, "CLOCK_MONOTONIC will jump: unshare");
    shift_text(text, sizeof(text), "monotonic", spec->monotonic_shift_ns);
    shift_text(line, sizeof(line), "boottime", spec->boottime_shift_ns);
    strcat(text, line);
    if (proc_write("/proc/self/timens_offsets", text) == 0)
        return 0;
    int error = ckpt_error_errno(err, "CLOCK_MONOTONIC will jump: timens_offsets");
    setns(open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC), CLONE_NEWTIME);
    return error;
}

/* Whether the kernel's setting has that value. */
static bool setting_is(const char *path, char value)
{
    char text[2] = "";
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd >= 0 && read_full(fd, text, sizeof(text)) > 0 && text[0] == value;
}

/* errno is of the call that was refused. The limits are those of every user namespace that we are in, and only the
 * innermost shows. */
static int refused(const char *kind, const char *limit, struct ckpt_error *err)
{
    char words[64];
    const char *why = strerror_r(errno, words, sizeof(words));

    if (errno == ENOSPC)
        why = limit;
    else if (strcmp(kind, "user") == 0 &&
             setting_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
        why = "kernel.unprivileged_userns_clone is 0";
    else if (strcmp(kind, "user") == 0 &&
             setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
        why = "kernel.apparmor_restrict_unprivileged_userns is 1";
    return ckpt_error_set(err, EPERM,
                          "namespaces: no %s namespace can be made here: %s; an administrator, or "
                          "whoever set up the container, can allow it",
                          kind, why);
}

/* ---- the steps ---- */

static int user_enter(struct ckpt_error *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (is_administrator())
        return 0;
    if (unshare(CLONE_NEWUSER) < 0)
        return refused("user", "user.max_user_namespaces allows no more", err);
    return identity_map(uid, gid, err);
}

static int pid_enter(struct ckpt_error *err)
{
    return unshare(CLONE_NEWPID) < 0 ? refused("pid", "user.max_pid_namespaces allows no more", err)
                                     : 0;
}

static int mount_enter(struct ckpt_error *err)
{
    char words[64];

    if (unshare(CLONE_NEWNS) < 0)
        return refused("mount", "user.max_mnt_namespaces allows no more", err);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return ckpt_error_set(err, EPERM, "namespaces: mounts cannot be made private here: %s",
                              strerror_r(errno, words, sizeof(words)));
    return 0;
}

int namespaces_make(const struct namespaces_spec *spec, struct ckpt_error *err)
{
    int error = user_enter(err);

    if (error == 0)
        error = pid_enter(err);
    if (error == 0 && spec->mounts)
        error = mount_enter(err);
    if (error == 0)
        clocks_shift(spec, NULL);
    return error == 0 ? 0 : -EPERM;
}

int ipc_namespace_make(struct ckpt_error *err)
{
    if (unshare(CLONE_NEWIPC) < 0)
        return refused("ipc", "user.max_ipc_namespaces allows no more", err);
    return 0;
}

int proc_mount(struct ckpt_error *err)
{
    char words[64];

    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return ckpt_error_set(
            err, EPERM,
            "namespaces: /proc cannot be mounted here (%s), as in a container that "
            "hides parts of it; whoever set that up can allow it",
            strerror_r(errno, words, sizeof(words)));
    return 0;
}

/* ---- the trial ---- */

/* With MS_REC, since an ordinary user may not uncover what is mounted below. */
static int bind_try(struct ckpt_error *err)
{
    return mount("/tmp", "/tmp", NULL, MS_BIND | MS_REC, NULL) < 0
               ? ckpt_error_errno(err, "namespaces: no directory can be mounted at another here")
               : 0;
}

static int set_tid_try(struct ckpt_error *err)
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
        return ckpt_error_errno(err, "namespaces: clone3 with set_tid");
    if (waitpid((pid_t)pid, &status, __WALL) != pid || pid != WANTED_PID || status != 0)
        return ckpt_error_set(err, EPERM, "namespaces: clone3 gave pid %ld instead of %d", pid,
                              WANTED_PID);
    return 0;
}

/* A step that is not optional ends the walk. */
static bool step(struct namespaces_trial *ret, enum namespaces_step which,
                 int (*what)(struct ckpt_error *err))
{
    ret->steps[which].reached = true;
    return what(&ret->steps[which].err) == 0;
}

static int clocks_try(struct ckpt_error *err)
{
    return clocks_shift(&(struct namespaces_spec){.monotonic_shift_ns = 3600 * NS_PER_S}, err);
}

static int mount_try(struct ckpt_error *err)
{
    int error = mount_enter(err);

    return error == 0 ? bind_try(err) : error;
}

void namespaces_walk(struct namespaces_trial *ret)
{
    if (!step(ret, NAMESPACES_USER, user_enter) || !step(ret, NAMESPACES_PID, pid_enter))
        return;
    bool mounts = step(ret, NAMESPACES_MOUNT, mount_try);
    step(ret, NAMESPACES_TIME, clocks_try);
    pid_t first = fork();
    if (first == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (mounts)
            step(ret, NAMESPACES_PROC, proc_mount);
        step(ret, NAMESPACES_SET_TID, set_tid_try);
        _exit(0);
    }
    if (first > 0)
        waitpid(first, NULL, 0);
    else
        ckpt_error_errno(&ret->steps[NAMESPACES_PID].err, "start a process in a PID namespace");
}

static int trial_judge(const struct namespaces_trial *trial, struct namespaces_means *ret,
                       struct ckpt_error *err)
{
    static const enum namespaces_step needed[] = {NAMESPACES_USER, NAMESPACES_PID,
                                                  NAMESPACES_SET_TID};

    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
        const struct ckpt_error *why = &trial->steps[needed[i]].err;
        if (why->code != 0) {
            if (err != NULL)
                *err = *why;
            return -EPERM;
        }
        if (!trial->steps[needed[i]].reached)
            return ckpt_error_set(err, ECHILD, "the process that tries namespaces died");
    }
    ret->mounts = trial->steps[NAMESPACES_MOUNT].err.code == 0;
    ret->proc = ret->mounts && trial->steps[NAMESPACES_PROC].err.code == 0;
    ret->why = trial->steps[ret->mounts ? NAMESPACES_PROC : NAMESPACES_MOUNT].err;
    return 0;
}

int namespaces_check(struct namespaces_means *ret, struct ckpt_error *err)
{
    struct namespaces_trial *trial =
        mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    *ret = (struct namespaces_means){0};
    if (trial == MAP_FAILED)
        return ckpt_error_errno(err, "share memory with a process");
    pid_t pid = fork();
    if (pid == 0) {
        namespaces_walk(trial);
        _exit(0);
    }
    int error = pid < 0 ? ckpt_error_errno(err, "start a process") : 0;
    if (error == 0) {
        waitpid(pid, NULL, 0);
        error = trial_judge(trial, ret, err);
    }
    munmap(trial, sizeof(*trial));
    return error;
}
