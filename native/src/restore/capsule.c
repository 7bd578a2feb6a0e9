/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The namespaces of a restart: PID, so that every process gets its old number; mount, so that the new working
 * directory stands at the old path and /proc shows the old numbers; time, so that the monotonic clock goes on; and a
 * user namespace, which gives an ordinary user the right to the others; an IPC namespace where there are System V
 * objects or message queues, so that they get their old ids and names. Identity and files stay those of the user. Where no
 * mount namespace can be had, or no /proc of its own, it goes without.
 *
 * A launcher makes them, since the first child after unshare(2) becomes process 1, and hands that child over to the
 * supervisor. */
#include "common/cleanup.h"
#include "common/io.h"
#include "common/namespaces.h"
#include "objects/ipc_limit.h"
#include "objects/posix_queue.h"
#include "restore/restore.h"

#include <errno.h>
#include <fcntl.h>
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
    if (!spec->means.mounts)
        return 0;
    if (spec->means.proc && proc_mount(err) < 0)
        return -EPERM;
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

/* Where there are System V objects or queues, so that they get their old names. The limits are the host's. */
static int ipc_make(const struct capsule_spec *spec, struct ckpt_error *err)
{
    const struct tree_image *tree = spec->restore->tree;
    struct ipc_limits limits;

    if (tree->system_v_count == 0 && !posix_queues_are_there(tree))
        return 0;
    ipc_limits_read(&limits);
    if (ipc_namespace_make(err) < 0)
        return -EPERM;
    ipc_limits_set(&limits);
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

    const struct namespaces_spec wanted = {
        .mounts = spec->means.mounts,
        .monotonic_shift_ns = spec->monotonic_shift_ns,
        .boottime_shift_ns = spec->boottime_shift_ns,
    };

    if (namespaces_make(&wanted, &launched.err) == 0 && ipc_make(spec, &launched.err) == 0) {
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
