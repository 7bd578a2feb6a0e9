/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The properties of system calls that make a difference when one of them is interrupted. */
#include "preload/syscalls.h"
#include "arch/x86_64/raw.h"

#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

#ifndef SYS_execveat
#define SYS_execveat 322
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define SYS_FUTEX_WAIT 455 /* futex_wait(2) */

/* Those that syscall() gives a deadline, or to their wrappers, by number; see preload_syscall.S. */
__attribute__((visibility("hidden"))) extern const uint64_t syscalls_timed[7];
const uint64_t syscalls_timed[7] = {
    [0] = 1ULL << SYS_stat | 1ULL << SYS_fstat | 1ULL << SYS_lstat | 1ULL << SYS_poll |
          1ULL << SYS_nanosleep | 1ULL << SYS_execve,
    [2] = 1ULL << (SYS_rt_sigtimedwait - 128) | 1ULL << (SYS_prctl - 128),
    [3] = 1ULL << (SYS_futex - 192) | 1ULL << (SYS_io_getevents - 192) |
          1ULL << (SYS_semtimedop - 192) | 1ULL << (SYS_clock_nanosleep - 192) |
          1ULL << (SYS_epoll_wait - 192),
    [4] = 1ULL << (SYS_epoll_pwait - 256) | 1ULL << (SYS_unshare - 256) |
          1ULL << (SYS_setns - 256) | 1ULL << (SYS_seccomp - 256) | 1ULL << (SYS_newfstatat - 256),
    [5] = 1ULL << (SYS_io_pgetevents - 320) | 1ULL << (SYS_execveat - 320) |
          1ULL << (SYS_statx - 320),
    [6] = 1ULL << (SYS_epoll_pwait2 - 384),
};

static bool futex_waits(const uint64_t args[6])
{
    uint64_t command = args[1] & (uint64_t)FUTEX_CMD_MASK;

    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
}

bool syscall_begins_again(int64_t number)
{
    return number >= 0 && number != SYS_close;
}

int syscall_socket_limit(int64_t number)
{
    switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_accept:
    case SYS_accept4:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
        return SO_RCVTIMEO;
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
        return SO_SNDTIMEO;
    default:
        return 0;
    }
}

bool syscall_ends_for_handler(int64_t number, const uint64_t args[6])
{
    if (syscall_socket_limit(number) != 0)
        return true;
    switch (number) {
    case SYS_open:
    case SYS_openat:
    case SYS_openat2:
    case SYS_creat:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_flock:
    case SYS_fcntl:
    case SYS_ioctl:
    case SYS_connect:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_tee:
    case SYS_vmsplice:
    case SYS_copy_file_range:
    case SYS_getrandom:
    case SYS_mq_timedsend:
    case SYS_mq_timedreceive:
    case SYS_futex_waitv:
    case SYS_FUTEX_WAIT:
        return true;
    case SYS_futex:
        return futex_waits(args);
    default:
        return false;
    }
}

int syscall_time_argument(int64_t number, const uint64_t args[6])
{
    switch (number) {
    case SYS_nanosleep:
        return 0;
    case SYS_clock_nanosleep:
        return (args[1] & TIMER_ABSTIME) != 0 ? -1 : 2;
    case SYS_poll:
    case SYS_rt_sigtimedwait:
        return 2;
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
    case SYS_semtimedop:
        return 3;
    case SYS_futex:
        return (args[1] & (uint64_t)FUTEX_CMD_MASK) == FUTEX_WAIT ? 3 : -1;
    case SYS_io_getevents:
    case SYS_io_pgetevents:
        return 4;
    default:
        return -1;
    }
}

bool syscall_counts_milliseconds(int64_t number)
{
    return number == SYS_poll || number == SYS_epoll_wait || number == SYS_epoll_pwait;
}

bool syscall_may_wait(int64_t number)
{
    static const uint64_t none[6];

    switch (number) {
    case SYS_pause:
    case SYS_select:
    case SYS_pselect6:
    case SYS_ppoll:
    case SYS_rt_sigsuspend:
    case SYS_semop:
    case SYS_msgrcv:
    case SYS_msgsnd:
        return true;
    default:
        return syscall_ends_for_handler(number, none) || syscall_time_argument(number, none) >= 0;
    }
}

/* /dev/zero and /dev/urandom give as much as anybody wants, and look for signals on the way. */
static bool is_memory_device(int fd)
{
    struct stat status;

    return raw2(SYS_fstat, fd, &status) == 0 && S_ISCHR(status.st_mode) &&
           major(status.st_rdev) == 1;
}

bool syscall_moves_all(int64_t number, const uint64_t args[6], int *ret_buffer, int *ret_size)
{
    *ret_buffer = 1;
    *ret_size = 2;
    switch (number) {
    case SYS_write:
        return true;
    case SYS_read:
        return is_memory_device((int)args[0]);
    case SYS_sendto:
        return (args[3] & MSG_DONTWAIT) == 0;
    case SYS_recvfrom:
        return (args[3] & MSG_WAITALL) != 0 && (args[3] & (MSG_DONTWAIT | MSG_PEEK)) == 0;
    case SYS_getrandom:
        *ret_buffer = 0;
        *ret_size = 1;
        return true;
    case SYS_sendfile:
        *ret_buffer = -1;
        *ret_size = 3;
        return true;
    case SYS_copy_file_range:
        *ret_buffer = -1;
        *ret_size = 4;
        return true;
    default:
        break;
    }
    *ret_buffer = *ret_size = -1;
    if (number == SYS_recvmsg)
        return (args[2] & MSG_WAITALL) != 0 && (args[2] & (MSG_DONTWAIT | MSG_PEEK)) == 0;
    return number == SYS_writev || (number == SYS_sendmsg && (args[2] & MSG_DONTWAIT) == 0);
}
