/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Looks up the functions that this library stands in front of, each when it is first called. */
/* Both names of each function are wanted. */
#undef _FILE_OFFSET_BITS
#include "preload/wrappers.h"
#include "preload/preload.h"

#include <stddef.h>

struct real_functions real;

#define SLOTS          (sizeof(real) / sizeof(void *))
#define SLOT(function) (offsetof(struct real_functions, function) / sizeof(void *))

/* Arrays and not pointers, which the loader would have to relocate in every process. */
static const char names[SLOTS][24] = {
    [SLOT(sigaction)] = "sigaction",
    [SLOT(signal)] = "signal",
    [SLOT(__sysv_signal)] = "__sysv_signal",
    [SLOT(sigset)] = "sigset",
    [SLOT(sigignore)] = "sigignore",
    [SLOT(siginterrupt)] = "siginterrupt",
    [SLOT(sigwaitinfo)] = "sigwaitinfo",
    [SLOT(sigtimedwait)] = "sigtimedwait",
    [SLOT(sigsuspend)] = "sigsuspend",
    [SLOT(errno_location)] = "__errno_location",
    [SLOT(clone)] = "clone",
    [SLOT(_Fork)] = "_Fork",
    [SLOT(execve)] = "execve",
    [SLOT(execvpe)] = "execvpe",
    [SLOT(fexecve)] = "fexecve",
    [SLOT(posix_spawn)] = "posix_spawn",
    [SLOT(posix_spawnp)] = "posix_spawnp",
    [SLOT(clock_nanosleep)] = "clock_nanosleep",
    [SLOT(nanosleep)] = "nanosleep",
    [SLOT(poll)] = "poll",
    [SLOT(ppoll)] = "ppoll",
    [SLOT(pselect)] = "pselect",
    [SLOT(epoll_wait)] = "epoll_wait",
    [SLOT(epoll_pwait)] = "epoll_pwait",
    [SLOT(epoll_pwait2)] = "epoll_pwait2",
    [SLOT(select)] = "select",
    [SLOT(read)] = "read",
    [SLOT(write)] = "write",
    [SLOT(writev)] = "writev",
    [SLOT(send)] = "send",
    [SLOT(sendto)] = "sendto",
    [SLOT(sendmsg)] = "sendmsg",
    [SLOT(gnu_get_libc_version)] = "gnu_get_libc_version",
    [SLOT(accept)] = "accept",
    [SLOT(accept4)] = "accept4",
    [SLOT(recv)] = "recv",
    [SLOT(recvfrom)] = "recvfrom",
    [SLOT(recvmsg)] = "recvmsg",
    [SLOT(pause)] = "pause",
    [SLOT(timer_create)] = "timer_create",
    [SLOT(pthread_create)] = "pthread_create",
    [SLOT(semctl)] = "semctl",
    [SLOT(semget)] = "semget",
    [SLOT(msgget)] = "msgget",
    [SLOT(shmget)] = "shmget",
    [SLOT(semop)] = "semop",
    [SLOT(semtimedop)] = "semtimedop",
    [SLOT(msgrcv)] = "msgrcv",
    [SLOT(msgsnd)] = "msgsnd",
    [SLOT(mq_notify)] = "mq_notify",
    [SLOT(madvise)] = "madvise",
    [SLOT(mlockall)] = "mlockall",
    [SLOT(munlockall)] = "munlockall",
    [SLOT(prctl)] = "prctl",
    [SLOT(system)] = "system",
    [SLOT(popen)] = "popen",
    [SLOT(execveat)] = "execveat",
    [SLOT(unshare)] = "unshare",
    [SLOT(setns)] = "setns",
    [SLOT(chroot)] = "chroot",
    [SLOT(setuid)] = "setuid",
    [SLOT(setgid)] = "setgid",
    [SLOT(seteuid)] = "seteuid",
    [SLOT(setegid)] = "setegid",
    [SLOT(setreuid)] = "setreuid",
    [SLOT(setregid)] = "setregid",
    [SLOT(setresuid)] = "setresuid",
    [SLOT(setresgid)] = "setresgid",
    [SLOT(setgroups)] = "setgroups",
    [SLOT(stat)] = "stat",
    [SLOT(stat64)] = "stat64",
    [SLOT(lstat)] = "lstat",
    [SLOT(lstat64)] = "lstat64",
    [SLOT(fstat)] = "fstat",
    [SLOT(fstat64)] = "fstat64",
    [SLOT(fstatat)] = "fstatat",
    [SLOT(fstatat64)] = "fstatat64",
    [SLOT(statx)] = "statx",
    [SLOT(__xstat)] = "__xstat",
    [SLOT(__xstat64)] = "__xstat64",
    [SLOT(__lxstat)] = "__lxstat",
    [SLOT(__lxstat64)] = "__lxstat64",
    [SLOT(__fxstat)] = "__fxstat",
    [SLOT(__fxstat64)] = "__fxstat64",
    [SLOT(__fxstatat)] = "__fxstatat",
    [SLOT(__fxstatat64)] = "__fxstatat64",
    [SLOT(readdir)] = "readdir",
    [SLOT(readdir64)] = "readdir64",
    [SLOT(dirfd)] = "dirfd",
};

static bool is_absent[SLOTS];

void wrapper_find(void *slot)
{
    size_t number = (size_t)((void **)slot - (void **)&real);

    if (__atomic_load_n(&is_absent[number], __ATOMIC_RELAXED))
        return;
    void *found = next_symbol(names[number]);
    if (found != NULL)
        __atomic_store_n((void **)slot, found, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&is_absent[number], true, __ATOMIC_RELAXED);
}
