/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The namespaces that a restart takes, and what to tell people where they cannot be had. The supervisor tries them before
 * it touches anything; the capsule's launcher enters them. */
#include "restore/namespaces.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NS_PER_S 1000000000LL

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
static void clocks_shift(const struct namespaces_spec *spec)
{
    char text[160], line[80];

    if (unshare(CLONE_NEWTIME) < 0)
        return;
    shift_text(text, sizeof(text), "monotonic", spec->monotonic_shift_ns);
    shift_text(line, sizeof(line), "boottime", spec->boottime_shift_ns);
    strcat(text, line);
    if (proc_write("/proc/self/timens_offsets", text) < 0)
        setns(open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC), CLONE_NEWTIME);
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
    const char *why = strerror(errno);

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

int namespaces_make(const struct namespaces_spec *spec, struct ckpt_error *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    bool privileged = is_administrator();

    if (!privileged && unshare(CLONE_NEWUSER) < 0)
        return refused("user", "user.max_user_namespaces allows no more", err);
    if (!privileged && identity_map(uid, gid, err) < 0)
        return -EPERM;
    if (unshare(CLONE_NEWPID) < 0)
        return refused("pid", "user.max_pid_namespaces allows no more", err);
    if (unshare(CLONE_NEWNS) < 0)
        return refused("mount", "user.max_mnt_namespaces allows no more", err);
    clocks_shift(spec);
    return 0;
}

int ipc_namespace_make(struct ckpt_error *err)
{
    if (unshare(CLONE_NEWIPC) < 0)
        return refused("ipc", "user.max_ipc_namespaces allows no more", err);
    return 0;
}

int proc_mount(struct ckpt_error *err)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return ckpt_error_set(err, EPERM, "namespaces: mounts cannot be made private here: %s",
                              strerror(errno));
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return ckpt_error_set(
            err, EPERM,
            "namespaces: /proc cannot be mounted here (%s), as in a container that "
            "hides parts of it; whoever set that up can allow it",
            strerror(errno));
    return 0;
}

/* The whole way that the capsule's launcher and its process 1 will go. */
static __attribute__((noreturn)) void trial(int answer)
{
    struct ckpt_error err = {0};

    if (namespaces_make(&(struct namespaces_spec){0}, &err) == 0) {
        pid_t first = fork();
        if (first == 0) {
            proc_mount(&err);
            write_full(answer, &err, sizeof(err));
            _exit(0);
        }
        if (first > 0) {
            waitpid(first, NULL, 0);
            _exit(0);
        }
        ckpt_error_errno(&err, "start a process in a PID namespace");
    }
    write_full(answer, &err, sizeof(err));
    _exit(0);
}

int namespaces_check(struct ckpt_error *err)
{
    struct ckpt_error answer = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return ckpt_error_errno(err, "make a pipe");
    pid_t pid = fork();
    if (pid == 0)
        trial(ends[1]);
    close(ends[1]);
    cleanup_fd int end = ends[0];
    if (pid < 0)
        return ckpt_error_errno(err, "start a process");
    ssize_t got = read_full(end, &answer, sizeof(answer));
    waitpid(pid, NULL, 0);
    if (got != sizeof(answer))
        return ckpt_error_set(err, ECHILD, "the process that tries namespaces died");
    if (answer.code != 0 && err != NULL)
        *err = answer;
    return answer.code != 0 ? -EPERM : 0;
}
