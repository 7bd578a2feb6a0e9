/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a program asks about signals, answered as if the checkpoint signal were its own. */
#include "preload/signals.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <sys/syscall.h>

/* Signals whose handlers block the checkpoint signal according to the program, and not according to the kernel: it
 * would arrive when such a handler returns, too late to tell whether the program's handler or we ended a system call
 * with EINTR. A program that handles the signal itself means what it says about the mask, so it is told the kernel. */
static unsigned long opened;

static bool is_handler(const void *handler)
{
    return handler != (void *)SIG_DFL && handler != (void *)SIG_IGN;
}

static void opened_close(void)
{
    unsigned long set = __atomic_exchange_n(&opened, 0, __ATOMIC_SEQ_CST);

    for (; set != 0; set &= set - 1) {
        struct kernel_sigaction action;
        int signal = __builtin_ctzl(set) + 1;
        raw4(SYS_rt_sigaction, signal, NULL, &action, SIGSET_SIZE);
        action.mask |= BIT(preload.signal);
        raw4(SYS_rt_sigaction, signal, &action, NULL, SIGSET_SIZE);
    }
}

static int sigaction_other(int signal, const struct sigaction *action, struct sigaction *old)
{
    unsigned long bit = signal >= 1 && signal <= PRELOAD_SIGNALS ? BIT(signal) : 0;
    bool was_opened = (opened & bit) != 0, open = false;
    struct sigaction copy;

    if (action != NULL && set_holds_ours(&action->sa_mask) &&
        !is_handler(signals_action().handler)) {
        copy = *action;
        *set_word(&copy.sa_mask) &= ~BIT(preload.signal);
        action = &copy;
        open = true;
    }
    int error = REAL(sigaction)(signal, action, old);
    if (error < 0)
        return error;
    if (action != NULL && open)
        __atomic_or_fetch(&opened, bit, __ATOMIC_SEQ_CST);
    else if (action != NULL)
        __atomic_and_fetch(&opened, ~bit, __ATOMIC_SEQ_CST);
    if (old != NULL && was_opened)
        *set_word(&old->sa_mask) |= BIT(preload.signal);
    return 0;
}

/* libc's struct sigaction begins alike in glibc and musl: the handler, then the mask. */
EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    struct kernel_sigaction before = signals_action(), after;

    if (!preload.managed)
        return REAL(sigaction)(signal, action, old);
    if (signal != preload.signal)
        return sigaction_other(signal, action, old);
    if (action != NULL) {
        after = (struct kernel_sigaction){
            .handler = (void *)action->sa_sigaction,
            .flags = (unsigned)action->sa_flags,
        };
        memcpy(&after.mask, &action->sa_mask, SIGSET_SIZE);
        if (is_handler(after.handler))
            opened_close();
    }
    if (old != NULL) {
        memset(old, 0, sizeof(*old));
        old->sa_sigaction = (void (*)(int, siginfo_t *, void *))before.handler;
        old->sa_flags = (int)(before.flags & ~0x04000000UL); /* SA_RESTORER */
        memcpy(&old->sa_mask, &before.mask, SIGSET_SIZE);
    }
    if (action != NULL)
        signals_action_set(&after);
    return 0;
}

static __sighandler_t handler_set(int signal, __sighandler_t handler, int flags)
{
    struct sigaction action, old;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    return sigaction(signal, &action, &old) < 0 ? SIG_ERR : old.sa_handler;
}

EXPORT __sighandler_t signal(int number, __sighandler_t handler)
{
    if (!preload.managed || number != preload.signal)
        return REAL(signal)(number, handler);
    return handler_set(number, handler, SA_RESTART);
}

EXPORT __sighandler_t sysv_signal(int number, __sighandler_t handler)
{
    if (!preload.managed || number != preload.signal)
        return REAL(sysv_signal)(number, handler);
    return handler_set(number, handler, (int)(SA_RESETHAND | SA_NODEFER));
}

EXPORT __sighandler_t __sysv_signal(int number, __sighandler_t handler)
{
    return sysv_signal(number, handler);
}

static void kept_deliver(void)
{
    signals_kernel_block();
    signals_kept_resend();
    signals_kernel_unblock();
}

static int mask_change(int how, const sigset_t *set, sigset_t *old,
                       int (*change)(int, const sigset_t *, sigset_t *))
{
    sigset_t copy;
    bool before, named = false;

    if (!preload.managed)
        return change(how, set, old);
    before = signals_blocked();
    if (set != NULL) {
        named = set_holds_ours(set);
        memcpy(&copy, set, SIGSET_SIZE);
        *set_word(&copy) &= ~BIT(preload.signal);
        set = &copy;
    }
    int error = change(how, set, old);
    if (error != 0)
        return error;
    if (set != NULL && how == SIG_SETMASK)
        signals_blocked_set(named);
    else if (set != NULL && named)
        signals_blocked_set(how == SIG_BLOCK);
    if (old != NULL && before)
        *set_word(old) |= BIT(preload.signal);
    if (before && !signals_blocked() && signals_kept())
        kept_deliver();
    return 0;
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return mask_change(how, set, old, REAL(sigprocmask));
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    return mask_change(how, set, old, REAL(pthread_sigmask));
}

EXPORT int sigpending(sigset_t *set)
{
    int error = REAL(sigpending)(set);

    if (error == 0 && preload.managed && signals_blocked() && signals_kept())
        *set_word(set) |= BIT(preload.signal);
    return error;
}

EXPORT int sigsuspend(const sigset_t *mask)
{
    struct signals_section section;

    checkpoint_thread_require();
    int result = REAL(sigsuspend)(signals_section_enter(&section, mask));

    signals_section_leave(&section);
    return result;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    if (REAL(pthread_create) == NULL)
        return EAGAIN;
    checkpoint_thread_require();
    if (preload.managed)
        signals_inherit();
    return REAL(pthread_create)(thread, attributes, start, argument);
}
