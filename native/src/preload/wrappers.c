/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Looks up the functions that this library stands in front of, once, before anything can call them. */
/* Both names of each function are wanted. */
#undef _FILE_OFFSET_BITS
#include "preload/wrappers.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct real_functions real;

#define LOOK_UPS_MAX 96
#define LOOK_UP(function)                                                                          \
    wanted[count++] = (struct symbol_wanted)                                                       \
    {                                                                                              \
        .name = #function, .target = &real.function                                                \
    }

void wrappers_init(void)
{
    struct symbol_wanted wanted[LOOK_UPS_MAX];
    size_t count = 0;

    LOOK_UP(sigaction);
    LOOK_UP(signal);
    LOOK_UP(__sysv_signal);
    LOOK_UP(sigset);
    LOOK_UP(sigignore);
    LOOK_UP(siginterrupt);
    LOOK_UP(sigwaitinfo);
    LOOK_UP(sigtimedwait);
    LOOK_UP(sigsuspend);
    LOOK_UP(pthread_create);
    wanted[count++] =
        (struct symbol_wanted){.name = "__errno_location", .target = &real.errno_location};
    LOOK_UP(clone);
    LOOK_UP(_Fork);
    LOOK_UP(execve);
    LOOK_UP(execvpe);
    LOOK_UP(fexecve);
    LOOK_UP(posix_spawn);
    LOOK_UP(posix_spawnp);
    LOOK_UP(clock_nanosleep);
    LOOK_UP(nanosleep);
    LOOK_UP(poll);
    LOOK_UP(ppoll);
    LOOK_UP(pselect);
    LOOK_UP(epoll_wait);
    LOOK_UP(epoll_pwait);
    LOOK_UP(epoll_pwait2);
    LOOK_UP(select);
    LOOK_UP(read);
    LOOK_UP(write);
    LOOK_UP(writev);
    LOOK_UP(send);
    LOOK_UP(sendto);
    LOOK_UP(sendmsg);
    LOOK_UP(gnu_get_libc_version);
    LOOK_UP(accept);
    LOOK_UP(accept4);
    LOOK_UP(recv);
    LOOK_UP(recvfrom);
    LOOK_UP(recvmsg);
    LOOK_UP(pause);
    LOOK_UP(timer_create);
    LOOK_UP(semop);
    LOOK_UP(semtimedop);
    LOOK_UP(semctl);
    LOOK_UP(semget);
    LOOK_UP(msgget);
    LOOK_UP(shmget);
    LOOK_UP(msgrcv);
    LOOK_UP(msgsnd);
    LOOK_UP(mq_notify);
    LOOK_UP(madvise);
    LOOK_UP(mlockall);
    LOOK_UP(munlockall);
    LOOK_UP(prctl);
    LOOK_UP(execveat);
    LOOK_UP(system);
    LOOK_UP(popen);
    LOOK_UP(unshare);
    LOOK_UP(setns);
    LOOK_UP(chroot);
    LOOK_UP(setuid);
    LOOK_UP(setgid);
    LOOK_UP(seteuid);
    LOOK_UP(setegid);
    LOOK_UP(setreuid);
    LOOK_UP(setregid);
    LOOK_UP(setresuid);
    LOOK_UP(setresgid);
    LOOK_UP(setgroups);
    LOOK_UP(stat);
    LOOK_UP(stat64);
    LOOK_UP(lstat);
    LOOK_UP(lstat64);
    LOOK_UP(fstat);
    LOOK_UP(fstat64);
    LOOK_UP(fstatat);
    LOOK_UP(fstatat64);
    LOOK_UP(statx);
    LOOK_UP(__xstat);
    LOOK_UP(__xstat64);
    LOOK_UP(__lxstat);
    LOOK_UP(__lxstat64);
    LOOK_UP(__fxstat);
    LOOK_UP(__fxstat64);
    LOOK_UP(__fxstatat);
    LOOK_UP(__fxstatat64);
    LOOK_UP(readdir);
    LOOK_UP(readdir64);
    LOOK_UP(dirfd);
    symbols_find(wanted, count);
    for (size_t i = 0; i < count; i++)
        memcpy(wanted[i].target, &wanted[i].found, sizeof(void *));
}
