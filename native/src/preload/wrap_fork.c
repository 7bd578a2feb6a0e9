/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Ways to make a process that fork handlers do not see: clone() and _Fork(). A child with memory of its own gets a
 * checkpoint thread as the child of fork does; one that shares its parent's cannot. */
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/syscall.h>

struct beginning {
    int (*function)(void *);
    void *argument;
    unsigned long mask;
};

/* The child's copy of the parent's stack holds the beginning. */
static __attribute__((noreturn)) int begin(void *argument)
{
    struct beginning beginning = *(const struct beginning *)argument;

    process_forked();
    outside_fork_end(beginning.mask);
    int status = beginning.function(beginning.argument);
    /* libc would end this thread only, and leave the checkpoint thread. */
    for (;;)
        raw1(SYS_exit_group, status);
}

EXPORT int clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    struct beginning beginning = {.function = function, .argument = argument};
    va_list list;

    va_start(list, argument);
    void *parent_tid = va_arg(list, void *);
    void *tls = va_arg(list, void *);
    void *child_tid = va_arg(list, void *);
    va_end(list);
    if (!preload.managed || (flags & CLONE_VM) != 0 || function == NULL)
        return REAL(clone)(function, stack, flags, argument, parent_tid, tls, child_tid);
    beginning.mask = outside_fork_begin();
    int pid = REAL(clone)(begin, stack, flags, &beginning, parent_tid, tls, child_tid);
    outside_fork_end(beginning.mask);
    return pid;
}

EXPORT pid_t _Fork(void)
{
    if (REAL(_Fork) == NULL) { /* libc is older than the function */
        *REAL(errno_location)() = ENOSYS;
        return -1;
    }
    if (!preload.managed)
        return real._Fork();
    unsigned long before = outside_fork_begin();
    pid_t pid = real._Fork();
    if (pid == 0)
        process_forked();
    outside_fork_end(before);
    return pid;
}
