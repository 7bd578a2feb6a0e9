/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A thread that blocks every signal, as libc's helper threads and some programs do by raw system calls, does not get the
 * checkpoint signal either. Nobody but itself can change its mask, except for a tracer: it is stopped for an instant,
 * the signal is taken out of its mask and the library told, which puts it back when the thread goes on. */
#include "supervisor/unblock.h"

#include "proc/process_tree.h"

#include <errno.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_TRIES    500
#define STOP_PAUSE_US 1000

/* A thread in an uninterruptible wait does not stop. */
static int stop_await(pid_t tid, int *ret_signal)
{
    int status;

    for (int tries = 0; tries < STOP_TRIES; tries++) {
        pid_t got = waitpid(tid, &status, __WALL | WNOHANG);
        if (got < 0 || (got == tid && !WIFSTOPPED(status)))
            return -ESRCH;
        if (got == tid) {
            /* Stopped on the way to a signal of its own, it gets that when it is let go. */
            *ret_signal = status >> 16 != 0 ? 0 : WSTOPSIG(status);
            return 0;
        }
        usleep(STOP_PAUSE_US);
    }
    return -ETIMEDOUT;
}

static int mask_open(pid_t tid, const struct wire_blocked *blocked)
{
    uint64_t mask, bit = 1ULL << (blocked->signal - 1);
    struct tree_process thread;

    if (ptrace(PTRACE_GETSIGMASK, tid, sizeof(mask), &mask) < 0)
        return -errno;
    /* One that is in the handler by now blocks it too, but has it no longer pending. */
    if ((mask & bit) == 0 || tree_process_read(tid, &thread) < 0 || (thread.pending & bit) == 0)
        return 0;
    mask &= ~bit;
    if (ptrace(PTRACE_POKEDATA, tid, blocked->forced, 1UL) < 0 ||
        ptrace(PTRACE_SETSIGMASK, tid, sizeof(mask), &mask) < 0)
        return -errno;
    return 0;
}

int thread_unblock(pid_t outer, const struct wire_blocked *blocked)
{
    struct tree_process process = {.outer = outer};
    int signal = 0;

    if (blocked->signal < 1 || blocked->signal > 64)
        return -EINVAL;
    if (tree_process_look_at(&process, blocked->thread) < 0)
        return -ESRCH;
    if (ptrace(PTRACE_SEIZE, process.task, NULL, NULL) < 0)
        return -errno;
    int error = ptrace(PTRACE_INTERRUPT, process.task, NULL, NULL) < 0 ? -errno : 0;
    if (error == 0)
        error = stop_await(process.task, &signal);
    if (error == 0)
        error = mask_open(process.task, blocked);
    ptrace(PTRACE_DETACH, process.task, NULL, (unsigned long)signal);
    return error;
}
