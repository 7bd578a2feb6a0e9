/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The namespaces of a restart: PID, so that every process gets its old number; mount, so that the new working
 * directory stands at the old path and /proc shows the old numbers; time, so that the monotonic clock goes on; and a
 * user namespace, which gives an ordinary user the right to the others; an IPC namespace where there are System V
 * objects or message queues, so that they get their old ids and names. Identity and files stay those of the user.
 *
 * A launcher makes them, since the first child after unshare(2) becomes process 1, and hands that child over to the
 * supervisor. */
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/ipc_limit.h"
#include "objects/posix_queue.h"
#include "restore/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NS_PER_S 1000000000LL

static bool is_privileged(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[0].effective & (1U << CAP_SYS_ADMIN)) != 0;
}

static int proc_write(const char *path, const char *text)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd < 0 || write_full(fd, text, strlen(text)) < 0 ? -errno : 0;
}

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
static void clocks_shift(const struct capsule_spec *spec)
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

/* Terminals of its own, so that they get their old numbers. An ordinary user cannot give them to the group tty. */
static int terminals_mount(void)
{
    static const char own[] = "newinstance,ptmxmode=0666,mode=0620";
    char as_usual[sizeof(own) + 16];

    snprintf(as_usual, sizeof(as_usual), "%s,gid=5", own);
    if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, as_usual) == 0)
        return 0;
    return mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, own);
}

static int mounts_make(const struct capsule_spec *spec, struct ckpt_error *err)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return ckpt_error_errno(err, "make the mounts of the capsule private");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return ckpt_error_errno(err, "mount /proc in the capsule");
    if (spec->restore->tree->terminal_count > 0 && terminals_mount() < 0)
        return ckpt_error_errno(err, "mount /dev/pts in the capsule");
    if (posix_queues_are_there(spec->restore->tree))
        posix_queues_mount();
    if (strcmp(spec->place, spec->workdir) != 0 &&
        mount(spec->place, spec->workdir, NULL, MS_BIND | MS_REC, NULL) < 0)
        return ckpt_error_errno(err, "put '%s' at '%s'", spec->place, spec->workdir);
    return 0;
}

static __attribute__((noreturn)) void init_main(const struct capsule_spec *spec)
{
    struct ckpt_error err = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "ckpt-init");
    if (mounts_make(spec, &err) < 0)
        restore_fail(spec->restore, &err);
    tree_restore(spec->restore);
}

static int namespaces_make(const struct capsule_spec *spec, struct ckpt_error *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    bool privileged = is_privileged();
    struct ipc_limits limits;

    if (!privileged && unshare(CLONE_NEWUSER) < 0)
        return ckpt_error_errno(err, "make a user namespace (see `ckpt check`)");
    if (!privileged && identity_map(uid, gid, err) < 0)
        return -EPERM;
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
        return ckpt_error_errno(err, "make PID and mount namespaces (see `ckpt check`)");
    bool has_objects =
        spec->restore->tree->system_v_count > 0 || posix_queues_are_there(spec->restore->tree);
    if (has_objects)
        ipc_limits_read(&limits);
    if (has_objects && unshare(CLONE_NEWIPC) < 0)
        return ckpt_error_errno(err,
                                "make an IPC namespace for the task's queues and System V objects");
    if (has_objects)
        ipc_limits_set(&limits);
    clocks_shift(spec);
    return 0;
}

/* What the launcher tells the supervisor. */
struct launched {
    pid_t init;
    struct ckpt_error err;
};

static __attribute__((noreturn)) void launcher_main(const struct capsule_spec *spec, int answer)
{
    struct launched launched = {0};

    if (namespaces_make(spec, &launched.err) == 0) {
        /* A sibling of ours, that is a child of the supervisor. */
        launched.init = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (launched.init == 0) {
            close(answer);
            init_main(spec);
        }
        if (launched.init < 0)
            ckpt_error_errno(&launched.err, "start process 1 of the capsule");
    }
    write_full(answer, &launched, sizeof(launched));
    _exit(0);
}

int capsule_start(const struct capsule_spec *spec, pid_t *ret_init, struct ckpt_error *err)
{
    struct launched launched = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return ckpt_error_errno(err, "make a pipe");
    pid_t launcher = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (launcher == 0) {
        close(ends[0]);
        launcher_main(spec, ends[1]);
    }
    close(ends[1]);
    cleanup_fd int answer = ends[0];
    if (launcher < 0)
        return ckpt_error_errno(err, "start the launcher of the capsule");
    ssize_t got = read_full(answer, &launched, sizeof(launched));
    waitpid(launcher, NULL, 0);
    if (got != sizeof(launched))
        return ckpt_error_set(err, ECHILD, "the launcher of the capsule died");
    if (launched.init <= 0) {
        if (err != NULL)
            *err = launched.err;
        return launched.err.code > 0 ? -launched.err.code : -EPERM;
    }
    *ret_init = launched.init;
    return 0;
}
