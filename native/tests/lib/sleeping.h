/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef SLEEPING_H
#define SLEEPING_H

/* For programs that are asleep in one system call while they are checkpointed.
 *
 * A forked watcher calls ready() only when its parent is asleep, so that every checkpoint finds it inside the call.
 */
#include "testlib.h"

/* How long a call with a time limit sleeps, and by how much it may be late. A restart or a busy machine makes it
 * late; nothing makes it early. */
#define NAP       1.5
#define NAP_LATE  3.0
#define NAP_EARLY 0.02

static const struct timespec nap = {.tv_sec = 1, .tv_nsec = 500000000};

/* Forks a process that calls ready() once the caller sleeps, then wake(arg) once the runner says go. */
static inline pid_t start_watcher(void (*wake)(void *), void *arg)
{
    pid_t parent = getpid();
    pid_t pid = MUST(fork());

    if (pid != 0)
        return pid;
    wait_asleep(parent, parent);
    ready();
    wait_go();
    if (wake != NULL)
        wake(arg);
    _exit(0);
}

/* To be called right after the sleeping call came back by itself. */
static inline void check_nap(double started)
{
    double slept = now() - started;

    if (sabotaged())
        slept -= 1;
    CHECK(slept > NAP - NAP_EARLY, "woke after %.3f s instead of %.1f s", slept, NAP);
    CHECK(slept < NAP + NAP_LATE, "woke only after %.3f s instead of %.1f s", slept, NAP);
}

#endif
