/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Functions that wait for a time. When our signal interrupts one, restart_syscall.c has to know how much of the time
 * is left; each of these calls libc's own in a way that makes this known, and keeps the checkpoint signal unblocked. */
#include "preload/futex.h"
#include "preload/signals.h"
#include "preload/wrappers.h"

/* Where the kernel can store what is left, it does so. */
EXPORT int nanosleep(const struct timespec *request, struct timespec *left)
{
    struct timespec here;

    checkpoint_thread_require();
    return REAL(nanosleep)(request, left != NULL ? left : &here);
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                           struct timespec *left)
{
    struct timespec here;

    checkpoint_thread_require();
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
    struct signals_section section;

    if (timeout == NULL || timeout->tv_sec > 0 || timeout->tv_nsec > 0)
        checkpoint_thread_require();
    int got = REAL(ppoll)(descriptors, count, timeout, signals_section_enter(&section, mask));

    signals_section_leave(&section);
    return got;
}

/* poll's timeout is a number in a register; ppoll's is memory that the kernel counts down. */
EXPORT int poll(struct pollfd *descriptors, nfds_t count, int milliseconds)
{
    struct timespec timeout = {.tv_sec = milliseconds / 1000,
                               .tv_nsec = (long)(milliseconds % 1000) * 1000000};

    if (milliseconds != 0)
        checkpoint_thread_require();
    if (milliseconds <= 0)
        return REAL(poll)(descriptors, count, milliseconds);
    return REAL(ppoll)(descriptors, count, &timeout, NULL);
}

EXPORT int pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   const struct timespec *timeout, const sigset_t *mask)
{
    struct signals_section section;

    if (timeout == NULL || timeout->tv_sec > 0 || timeout->tv_nsec > 0)
        checkpoint_thread_require();
    int got = REAL(pselect)(count, readable, writable, exceptional, timeout,
                            signals_section_enter(&section, mask));

    signals_section_leave(&section);
    return got;
}

static void wait_begins(int milliseconds)
{
    if (milliseconds != 0)
        checkpoint_thread_require();
    if (milliseconds > 0)
        syscall_deadline_set(now_ns() + (uint64_t)milliseconds * 1000000ULL);
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int count, int milliseconds)
{
    wait_begins(milliseconds);
    int got = REAL(epoll_wait)(fd, events, count, milliseconds);
    syscall_deadline_set(0);
    return got;
}

EXPORT int epoll_pwait(int fd, struct epoll_event *events, int count, int milliseconds,
                       const sigset_t *mask)
{
    struct signals_section section;

    wait_begins(milliseconds);
    int got =
        REAL(epoll_pwait)(fd, events, count, milliseconds, signals_section_enter(&section, mask));
    syscall_deadline_set(0);
    signals_section_leave(&section);
    return got;
}
