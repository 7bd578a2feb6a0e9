/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Functions that wait for a time. When our signal interrupts one, restart_syscall.c has to know how much of the time
 * is left; each of these calls libc's own in a way that makes this known, and keeps the checkpoint signal unblocked. */
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <sys/syscall.h>

/* Where the kernel can store what is left, it does so. */
EXPORT int nanosleep(const struct timespec *request, struct timespec *left)
{
    struct timespec here;

    return REAL(nanosleep)(request, left != NULL ? left : &here);
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                           struct timespec *left)
{
    struct timespec here;

    return REAL(clock_nanosleep)(clock, flags, request, left != NULL ? left : &here);
}

EXPORT int usleep(useconds_t microseconds)
{
    struct timespec request = {.tv_sec = microseconds / 1000000,
                               .tv_nsec = (long)(microseconds % 1000000) * 1000};

    return nanosleep(&request, NULL);
}

EXPORT int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask)
{
    sigset_t copy = {0};

    return REAL(ppoll)(descriptors, count, timeout, set_without_ours(mask, &copy));
}

/* poll's timeout is a number in a register; ppoll's is memory that the kernel counts down. */
EXPORT int poll(struct pollfd *descriptors, nfds_t count, int milliseconds)
{
    struct timespec timeout = {.tv_sec = milliseconds / 1000,
                               .tv_nsec = (long)(milliseconds % 1000) * 1000000};

    if (milliseconds <= 0)
        return REAL(poll)(descriptors, count, milliseconds);
    return REAL(ppoll)(descriptors, count, &timeout, NULL);
}

EXPORT int pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   const struct timespec *timeout, const sigset_t *mask)
{
    sigset_t copy = {0};

    return REAL(pselect)(count, readable, writable, exceptional, timeout,
                         set_without_ours(mask, &copy));
}

static void deadline_note(int milliseconds)
{
    struct timespec now;

    if (milliseconds <= 0)
        return;
    raw2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    syscall_deadline_set((uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec +
                         (uint64_t)milliseconds * 1000000ULL);
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int count, int milliseconds)
{
    deadline_note(milliseconds);
    int got = REAL(epoll_wait)(fd, events, count, milliseconds);
    syscall_deadline_set(0);
    return got;
}

EXPORT int epoll_pwait(int fd, struct epoll_event *events, int count, int milliseconds,
                       const sigset_t *mask)
{
    sigset_t copy = {0};

    deadline_note(milliseconds);
    int got = REAL(epoll_pwait)(fd, events, count, milliseconds, set_without_ours(mask, &copy));
    syscall_deadline_set(0);
    return got;
}
