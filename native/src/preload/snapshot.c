/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The frozen copy of the process that the coordinator reads at leisure while the process runs on. It must not be the
 * program's child, which the program might wait for: a helper that shares our memory forks it and ends at once. The
 * copy holds none of the program's descriptors, since the checkpoint thread that forks has none.
 *
 * Memory that a child does not get would be missing in it. wrap_memory.c knows of the areas that the program made so
 * through libc; others show in the size, which the kernel keeps exactly: the copy looks whether it is as big as we are
 * before anybody sees it, and says so through a pipe. The end of that pipe without a word is the copy's end: where memory
 * is short the kernel ends it first, and nobody else would hear of it before it has a connection of its own. */
#include "preload/preload.h"
#include "preload/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

SELDOM static char helper_stack[16384] __attribute__((aligned(16)));
static volatile long snapshot_pid;
static uint64_t expected_pages; /* 0: unknown */

enum verdict {
    VERDICT_INCOMPLETE = 1, /* some memory is missing */
    VERDICT_CONNECTED,      /* the coordinator hears of its end from now on */
};
static int verdict[2]; /* -1: there is no pipe */

static void verdict_tell(enum verdict what)
{
    char byte = (char)what;

    raw3(SYS_write, verdict[1], &byte, 1);
    raw1(SYS_close, verdict[1]);
}

/* The size of the calling process, or 0; asked of a thread, since the main one may have ended. */
static uint64_t pages_count(void)
{
    char buffer[32] = "";
    const char *at = buffer;
    long fd = proc_open("thread-self/statm", O_RDONLY);

    if (fd < 0)
        return 0;
    raw3(SYS_read, fd, buffer, sizeof(buffer) - 1);
    raw1(SYS_close, fd);
    return text_number(&at, 10);
}

static __attribute__((noreturn)) void snapshot_main(void)
{
    struct wire_message message = {
        .type = WIRE_HELLO, .kind = WIRE_KIND_SNAPSHOT, .checkpoint = preload.checkpoint};

    if (expected_pages != 0 && pages_count() != expected_pages) {
        verdict_tell(VERDICT_INCOMPLETE);
        raw1(SYS_exit_group, 0);
    }
    /* Our copy of the process's connection would hide its end from the coordinator. */
    if (verdict[1] > 0)
        raw3(SYS_close_range, 0, verdict[1] - 1, 0);
    raw3(SYS_close_range, verdict[1] + 1, ~0U, 0);
    raw2(SYS_prctl, PR_SET_NAME, "ckpt-snapshot");
    raw3(SYS_set_mempolicy, 0, NULL, 0); /* would be shown for all memory without one */
    raw2(SYS_prctl, PR_SET_DUMPABLE, 1);
    int fd = coordinator_connect();
    if (fd >= 0 && message_send(fd, &message) == 0) {
        verdict_tell(VERDICT_CONNECTED);
        message_receive(fd, &message, NULL); /* whatever comes, even the end, means: done */
    }
    for (;;)
        raw1(SYS_exit_group, 0);
}

static void helper_main(void *unused)
{
    (void)unused;
    snapshot_pid = raw5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (snapshot_pid == 0)
        snapshot_main();
    for (;;)
        raw1(SYS_exit, 0);
}

static int copy_fork(void)
{
    long helper = arch_clone(CLONE_VM | CLONE_VFORK, helper_stack + sizeof(helper_stack), NULL,
                             helper_main, NULL);

    if (helper < 0)
        return (int)helper;
    raw4(SYS_wait4, helper, NULL, __WALL, NULL);
    return snapshot_pid < 0 ? (int)snapshot_pid : 0;
}

int snapshot_fork(void)
{
    char byte = 0;

    expected_pages = pages_count(); /* the coordinator looks as well */
    if (raw2(SYS_pipe2, verdict, O_CLOEXEC) < 0) {
        expected_pages = 0;
        verdict[0] = verdict[1] = -1;
        return copy_fork();
    }
    int error = copy_fork();
    raw1(SYS_close, verdict[1]);
    if (error == 0 && raw3(SYS_read, verdict[0], &byte, 1) != 1)
        error = -ECHILD;
    else if (byte == VERDICT_INCOMPLETE)
        error = -ERANGE;
    raw1(SYS_close, verdict[0]);
    return error;
}
