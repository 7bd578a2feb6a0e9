/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A filter of system calls may end a process for a call that the program itself never makes. What the library does when
 * it parks a thread are such calls, so one that does not permit them, or that cannot be carried (filters.c), makes a
 * process that is left alone from then on: its checkpoint thread ends before, and all wrappers do as without the
 * library. The coordinator names it (capture/blame.c). A child that is forked is left alone as well, and a program that
 * is started gets no library (wrap_exec.c). A filter that the whole tree has been started under, a container's, is of no
 * interest. */

#include "arch/x86_64/resume.h"
#include "preload/filters.h"
#include "preload/preload.h"
#include "preload/syscalls.h"
#include "preload/wrappers.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SYS_execveat
#define SYS_execveat 322
#endif

/* A listener's descriptor is no failure; the number of a thread that another filter is in the way of is one. */
static bool is_installed(long number, const long arguments[5], long result)
{
    bool for_all = number == SYS_seccomp && (arguments[1] & SECCOMP_FILTER_FLAG_TSYNC) != 0;

    return result == 0 || (result > 0 && !for_all);
}

/* The checkpoint thread ends in any case: the next one says how many filters there are. */
long filter_install(long number, long (*install)(const long arguments[5]), const long arguments[5])
{
    int self = (int)raw0(SYS_getpid), filtered_before = preload.filtered_pid;
    bool own = preload.managed && self == preload.pid;
    bool away = own && checkpoint_thread_away();
    bool carried = own && filters_consider(number, arguments);

    if (!carried) { /* before, since the filter is there when the call returns */
        preload.managed = preload.managed && !own;
        preload.filtered_pid = self;
    }
    long result = install(arguments);
    bool installed = is_installed(number, arguments, result);
    if (carried)
        filters_installed(installed);
    else if (!installed)
        preload.filtered_pid = filtered_before;
    if (own && (carried || !installed)) {
        preload.managed = true;
        checkpoint_thread_back(away);
        if (carried)
            checkpoint_thread_require();
    }
    return result;
}

static long seccomp(const long arguments[5])
{
    return arch_named_syscall(SYS_seccomp, arguments[0], arguments[1], arguments[2], 0, 0, 0);
}

/* syscall(3) with a number that a wrapper exists for. */
long syscall_wrapped(long number, const long arguments[5])
{
    switch (number) {
    case SYS_seccomp:
        if (arguments[0] == SECCOMP_SET_MODE_STRICT || arguments[0] == SECCOMP_SET_MODE_FILTER)
            return filter_install(SYS_seccomp, seccomp, arguments);
        return seccomp(arguments);
    case SYS_prctl:
        return prctl((int)arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
    case SYS_unshare:
        return unshare((int)arguments[0]);
    case SYS_setns:
        return setns((int)arguments[0], (int)arguments[1]);
    case SYS_stat:
        return stat((const char *)arguments[0], (struct stat *)arguments[1]);
    case SYS_lstat:
        return lstat((const char *)arguments[0], (struct stat *)arguments[1]);
    case SYS_fstat:
        return fstat((int)arguments[0], (struct stat *)arguments[1]);
    case SYS_newfstatat:
        return fstatat((int)arguments[0], (const char *)arguments[1], (struct stat *)arguments[2],
                       (int)arguments[3]);
    case SYS_statx:
        return statx((int)arguments[0], (const char *)arguments[1], (int)arguments[2],
                     (unsigned)arguments[3], (struct statx *)arguments[4]);
    case SYS_execve:
        return execve((const char *)arguments[0], (char *const *)arguments[1],
                      (char *const *)arguments[2]);
    default: /* SYS_execveat */
        return execveat((int)arguments[0], (const char *)arguments[1], (char *const *)arguments[2],
                        (char *const *)arguments[3], (int)arguments[4]);
    }
}

bool syscall_has_wrapper(long number)
{
    return number == SYS_seccomp || number == SYS_prctl || number == SYS_unshare ||
           number == SYS_setns || number == SYS_execve || number == SYS_execveat ||
           number == SYS_stat || number == SYS_lstat || number == SYS_fstat ||
           number == SYS_newfstatat || number == SYS_statx;
}
