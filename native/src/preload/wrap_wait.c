/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Functions that wait in a system call which the kernel does not begin again by itself. When our signal interrupts
 * one, restart_syscall.c has to know which call it was, and until when it was to last; these tell. */
#include "arch/x86_64/resume.h"
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/syscall_hint.h"
#include "preload/syscalls.h"
#include "preload/wrappers.h"

#include <sys/syscall.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static bool is_zero(const struct timespec *limit)
{
    return limit != NULL && limit->tv_sec == 0 && limit->tv_nsec == 0;
}

uint64_t deadline_after(const struct timespec *limit)
{
    if (!preload.managed || limit == NULL || limit->tv_sec < 0 || limit->tv_sec > INT32_MAX)
        return 0;
    return now_ns() + (uint64_t)limit->tv_sec * 1000000000ULL + (uint64_t)limit->tv_nsec;
}

static uint64_t deadline_after_ms(int milliseconds)
{
    return preload.managed && milliseconds > 0 ? now_ns() + (uint64_t)milliseconds * 1000000ULL : 0;
}

/* ---- sleeping: where the kernel can store what is left, it does so ---- */

EXPORT int nanosleep(const struct timespec *request, struct timespec *left)
{
    struct timespec here;

    return WITH_HINT(true, SYS_nanosleep, 0, request,
                     REAL(nanosleep)(request, left != NULL ? left : &here));
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                           struct timespec *left)
{
    struct timespec here;

    return WITH_HINT(true, SYS_clock_nanosleep, 0, request,
                     REAL(clock_nanosleep)(clock, flags, request, left != NULL ? left : &here));
}

EXPORT int usleep(useconds_t microseconds)
{
    struct timespec request = {.tv_sec = microseconds / 1000000,
                               .tv_nsec = (long)(microseconds % 1000000) * 1000};

    return nanosleep(&request, NULL);
}

/* ---- descriptors ---- */

EXPORT int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask)
{
    return WITH_HINT(!is_zero(timeout), SYS_ppoll, 0, 0,
                     REAL(ppoll)(descriptors, count, timeout, mask));
}

/* poll's timeout is a number in a register; ppoll's is memory that the kernel counts down. */
EXPORT int poll(struct pollfd *descriptors, nfds_t count, int milliseconds)
{
    struct timespec timeout = {.tv_sec = milliseconds / 1000,
                               .tv_nsec = (long)(milliseconds % 1000) * 1000000};

    if (milliseconds == 0)
        return REAL(poll)(descriptors, count, 0);
    return ppoll(descriptors, count, milliseconds > 0 ? &timeout : NULL, NULL);
}

EXPORT int pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   const struct timespec *timeout, const sigset_t *mask)
{
    return WITH_HINT(!is_zero(timeout), SYS_pselect6, 0, 0,
                     REAL(pselect)(count, readable, writable, exceptional, timeout, mask));
}

/* glibc makes the newer call, others do not. */
EXPORT int select(int count, fd_set *restrict readable, fd_set *restrict writable,
                  fd_set *restrict exceptional, struct timeval *restrict timeout)
{
    bool waits = timeout == NULL || timeout->tv_sec != 0 || timeout->tv_usec != 0;

    return WITH_HINT(waits, REAL(gnu_get_libc_version) != NULL ? SYS_pselect6 : SYS_select, 0, 0,
                     REAL(select)(count, readable, writable, exceptional, timeout));
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int count, int milliseconds)
{
    return WITH_HINT(milliseconds != 0, SYS_epoll_wait, deadline_after_ms(milliseconds), 0,
                     REAL(epoll_wait)(fd, events, count, milliseconds));
}

EXPORT int epoll_pwait(int fd, struct epoll_event *events, int count, int milliseconds,
                       const sigset_t *mask)
{
    return WITH_HINT(milliseconds != 0, SYS_epoll_pwait, deadline_after_ms(milliseconds), 0,
                     REAL(epoll_pwait)(fd, events, count, milliseconds, mask));
}

EXPORT int epoll_pwait2(int fd, struct epoll_event *events, int count,
                        const struct timespec *timeout, const sigset_t *mask)
{
    if (REAL(epoll_pwait2) == NULL)
        return (int)syscall(SYS_epoll_pwait2, fd, events, count, timeout, mask, sizeof(long));
    return WITH_HINT(!is_zero(timeout), SYS_epoll_pwait2, deadline_after(timeout), 0,
                     REAL(epoll_pwait2)(fd, events, count, timeout, mask));
}

/* ---- bytes: a part may have been moved, and sockets may have a time limit of their own ---- */

EXPORT ssize_t read(int fd, void *data, size_t size)
{
    return WITH_PLAIN_HINT(SYS_read, REAL(read)(fd, data, size));
}

EXPORT ssize_t write(int fd, const void *data, size_t size)
{
    return WITH_PLAIN_HINT(SYS_write, REAL(write)(fd, data, size));
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return WITH_PLAIN_HINT(SYS_writev, REAL(writev)(fd, parts, count));
}

EXPORT ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return WITH_PLAIN_HINT(SYS_sendto, REAL(send)(fd, data, size, flags));
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags,
                      const struct sockaddr *address, socklen_t address_size)
{
    return WITH_PLAIN_HINT(SYS_sendto, REAL(sendto)(fd, data, size, flags, address, address_size));
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return WITH_SOCKET_HINT(false, SYS_sendmsg, 0, 0, fd, REAL(sendmsg)(fd, message, flags));
}

EXPORT int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict size)
{
    return WITH_PLAIN_HINT(SYS_accept, REAL(accept)(fd, address, size));
}

EXPORT int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags)
{
    return WITH_PLAIN_HINT(SYS_accept4, REAL(accept4)(fd, address, size, flags));
}

EXPORT ssize_t recv(int fd, void *data, size_t size, int flags)
{
    return WITH_PLAIN_HINT(SYS_recvfrom, REAL(recv)(fd, data, size, flags));
}

EXPORT ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags,
                        struct sockaddr *restrict address, socklen_t *restrict address_size)
{
    return WITH_PLAIN_HINT(SYS_recvfrom,
                           REAL(recvfrom)(fd, data, size, flags, address, address_size));
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    return WITH_PLAIN_HINT(SYS_recvmsg, REAL(recvmsg)(fd, message, flags));
}

/* ---- signals ---- */

EXPORT int pause(void)
{
    return WITH_HINT(true, SYS_pause, 0, 0, REAL(pause)());
}

EXPORT int sigsuspend(const sigset_t *mask)
{
    return WITH_HINT(true, SYS_rt_sigsuspend, 0, 0, REAL(sigsuspend)(mask));
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    return WITH_HINT(true, SYS_rt_sigtimedwait, deadline_after(timeout), 0,
                     REAL(sigtimedwait)(set, info, timeout));
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    return WITH_HINT(true, SYS_rt_sigtimedwait, 0, 0, REAL(sigwaitinfo)(set, info));
}

/* ---- System V; semaphores are in semaphore_undo.c ---- */

EXPORT ssize_t msgrcv(int id, void *message, size_t size, long type, int flags)
{
    return WITH_HINT(true, SYS_msgrcv, 0, 0, REAL(msgrcv)(id, message, size, type, flags));
}

EXPORT int msgsnd(int id, const void *message, size_t size, int flags)
{
    return WITH_HINT(true, SYS_msgsnd, 0, 0, REAL(msgsnd)(id, message, size, flags));
}

/* ---- syscall(3), which is in preload_syscall.S ---- */

__attribute__((visibility("hidden"))) long syscall_failed(long result);
__attribute__((visibility("hidden"))) long syscall_timed(long number, long a, long b, long c,
                                                         long d, long e, long f);

long syscall_failed(long result)
{
    *REAL(errno_location)() = (int)-result;
    return -1;
}

/* One of those with a relative time limit that the kernel does not count down, or with a wrapper. */
long syscall_timed(long number, long a, long b, long c, long d, long e, long f)
{
    const long arguments[5] = {a, b, c, d, e};
    if (syscall_has_wrapper(number))
        return syscall_wrapped(number, arguments);
    const uint64_t args[6] = {(uint64_t)a, (uint64_t)b, (uint64_t)c,
                              (uint64_t)d, (uint64_t)e, (uint64_t)f};
    int index = syscall_time_argument(number, args);
    uint64_t deadline = 0;

    if (index >= 0 && syscall_counts_milliseconds(number))
        deadline = deadline_after_ms((int)args[index]);
    else if (index >= 0)
        deadline = deadline_after((const struct timespec *)args[index]);
    return WITH_HINT(true, number, deadline, 0, arch_named_syscall(number, a, b, c, d, e, f));
}
