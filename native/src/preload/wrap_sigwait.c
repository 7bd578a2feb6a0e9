/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * sigwait() and its like. A program that waits for the checkpoint signal gets those of the program and none of ours:
 * while it waits the signal is blocked for the kernel too, what was kept has been sent again, and what is taken is
 * looked at. One of ours goes to the handler after all, and the waiting goes on. */
#include "preload/futex.h"
#include "preload/signals.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>

static void time_left(struct timespec *left, uint64_t deadline)
{
    uint64_t now = now_ns();
    uint64_t rest = now < deadline ? deadline - now : 0;

    left->tv_sec = (time_t)(rest / 1000000000ULL);
    left->tv_nsec = (long)(rest % 1000000000ULL);
}

/* The call itself, with a timeout that restart_syscall.c may count down. */
static int wait_once(const sigset_t *set, siginfo_t *info, struct timespec *left, uint64_t deadline)
{
    if (left != NULL)
        time_left(left, deadline);
    syscall_deadline_set(deadline);
    int signal = REAL(sigtimedwait)(set, info, left);
    syscall_deadline_set(0);
    return signal;
}

static int wait_with_ours(const sigset_t *set, siginfo_t *info, struct timespec *left,
                          uint64_t deadline)
{
    int signal;

    signals_kernel_block();
    signals_waiter_set(true);
    for (;;) {
        if (signals_kept())
            signals_kept_resend();
        signal = wait_once(set, info, left, deadline);
        if (signal != preload.signal || signals_kind(info) == SIGNALS_PROGRAM)
            break;
        if (signals_kind(info) == SIGNALS_CHECKPOINT) {
            raw4(SYS_rt_tgsigqueueinfo, raw0(SYS_getpid), raw0(SYS_gettid), signal, info);
            signals_kernel_unblock();
            signals_kernel_block();
        }
    }
    signals_waiter_set(false);
    signals_kernel_unblock();
    return signal;
}

static int wait_for_signal(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    struct timespec left;
    siginfo_t here;
    uint64_t deadline = 0;
    int *error = REAL(errno_location)();
    int before = *error;

    checkpoint_thread_require();
    if (timeout != NULL)
        deadline =
            now_ns() + (uint64_t)timeout->tv_sec * 1000000000ULL + (uint64_t)timeout->tv_nsec;
    struct timespec *limit = timeout != NULL ? &left : NULL;
    int signal = set_holds_ours(set) ? wait_with_ours(set, &here, limit, deadline)
                                     : wait_once(set, &here, limit, deadline);
    if (signal > 0)
        *error = before;
    if (signal > 0 && info != NULL)
        *info = here;
    return signal;
}

EXPORT int sigwait(const sigset_t *set, int *signal)
{
    int *error = REAL(errno_location)();
    int before = *error, got;

    if (!preload.managed)
        return REAL(sigwait)(set, signal);
    do {
        got = wait_for_signal(set, NULL, NULL);
    } while (got < 0 && *error == EINTR);
    int failure = *error;
    *error = before;
    if (got < 0)
        return failure;
    *signal = got;
    return 0;
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    return preload.managed ? wait_for_signal(set, info, NULL) : REAL(sigwaitinfo)(set, info);
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    return preload.managed && (timeout == NULL || timeout->tv_nsec < 1000000000L)
               ? wait_for_signal(set, info, timeout)
               : REAL(sigtimedwait)(set, info, timeout);
}
