/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The checkpoint signal belongs to the library, and a program may still use it: the disposition it sets, the mask bit
 * and the signals that others send it are kept here and behave as if the library were not there. For the kernel our
 * handler is always installed and the signal never blocked. All other signals pass through untouched. */
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <sys/syscall.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#define SIGSET_SIZE sizeof(unsigned long)

/* The program's own view of the checkpoint signal. */
static struct kernel_sigaction program_action;
static volatile uint32_t program_pending;
static __thread bool program_blocked __attribute__((tls_model("initial-exec")));

static void handler_install(void)
{
    struct kernel_sigaction ours = {
        .handler = park_handler,
        .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_RESTORER,
        .restorer = arch_signal_return,
        .mask = ~0UL,
    };

    raw4(SYS_rt_sigaction, preload.signal, &ours, NULL, SIGSET_SIZE);
}

static void kernel_unblock(void)
{
    unsigned long bit = BIT(preload.signal);

    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
}

void signals_init(void)
{
    unsigned long mask = 0;

    raw4(SYS_rt_sigaction, preload.signal, NULL, &program_action, SIGSET_SIZE);
    raw4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, SIGSET_SIZE);
    program_blocked = (mask & BIT(preload.signal)) != 0;
    handler_install();
    kernel_unblock();
}

/* exec keeps an ignored signal ignored and a blocked one blocked: let the kernel see what the program believes. */
void signals_before_exec(void)
{
    unsigned long bit = BIT(preload.signal);

    if (!preload.managed)
        return;
    if (program_blocked)
        raw4(SYS_rt_sigprocmask, SIG_BLOCK, &bit, NULL, SIGSET_SIZE);
    if (program_action.handler == (void *)SIG_IGN)
        raw4(SYS_rt_sigaction, preload.signal, &program_action, NULL, SIGSET_SIZE);
}

void signals_after_exec(void)
{
    if (!preload.managed)
        return;
    handler_install();
    kernel_unblock();
}

/* ---- a signal that is the program's ---- */

static void default_action(int signal)
{
    struct kernel_sigaction deadly = {.handler = (void *)SIG_DFL};
    unsigned long bit = BIT(signal);

    raw4(SYS_rt_sigaction, signal, &deadly, NULL, SIGSET_SIZE);
    raw3(SYS_tgkill, preload.pid, raw0(SYS_gettid), signal);
    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
    handler_install(); /* some signals do nothing by default */
}

bool signals_dispatch(int signal, siginfo_t *info, void *ucontext)
{
    struct kernel_sigaction action = program_action;
    unsigned long mask, before;

    if (action.handler == (void *)SIG_IGN)
        return true;
    if (program_blocked) {
        program_pending = 1;
        return true;
    }
    if (action.handler == (void *)SIG_DFL) {
        default_action(signal);
        return true;
    }
    if (action.flags & SA_RESETHAND)
        program_action.handler = (void *)SIG_DFL;
    /* Our handler runs with everything blocked, the program's with what it asked for; sigreturn puts the rest right. */
    mask = action.mask & ~BIT(preload.signal);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &before, SIGSET_SIZE);
    ((void (*)(int, siginfo_t *, void *))action.handler)(signal, info, ucontext);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, SIGSET_SIZE);
    return true;
}

static void pending_deliver(void)
{
    if (__atomic_exchange_n(&program_pending, 0, __ATOMIC_SEQ_CST) != 0)
        raw2(SYS_kill, preload.pid, preload.signal);
}

/* ---- what the program asks ---- */

/* libc's struct sigaction and sigset_t begin alike in glibc and musl: the handler first, then 128 bytes of mask. */
static unsigned long *set_word(sigset_t *set)
{
    return (unsigned long *)set;
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    struct kernel_sigaction before = program_action;

    if (!preload.managed || signal != preload.signal)
        return REAL(sigaction)(signal, action, old);
    if (action != NULL) {
        program_action = (struct kernel_sigaction){
            .handler = (void *)action->sa_sigaction,
            .flags = (unsigned)action->sa_flags,
        };
        memcpy(&program_action.mask, &action->sa_mask, SIGSET_SIZE);
    }
    if (old != NULL) {
        memset(old, 0, sizeof(*old));
        old->sa_sigaction = (void (*)(int, siginfo_t *, void *))before.handler;
        old->sa_flags = (int)(before.flags & ~(unsigned long)SA_RESTORER);
        memcpy(&old->sa_mask, &before.mask, SIGSET_SIZE);
    }
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

const sigset_t *set_without_ours(const sigset_t *set, sigset_t *copy)
{
    if (set == NULL || !preload.managed)
        return set;
    memcpy(copy, set, SIGSET_SIZE);
    *set_word(copy) &= ~BIT(preload.signal);
    return copy;
}

static int mask_change(int how, const sigset_t *set, sigset_t *old,
                       int (*change)(int, const sigset_t *, sigset_t *))
{
    sigset_t copy = {0};
    bool before = program_blocked, named = false;

    if (set != NULL)
        named = (*(const unsigned long *)set & BIT(preload.signal)) != 0;
    int error = change(how, set_without_ours(set, &copy), old);
    if (error != 0 || !preload.managed)
        return error;
    if (set != NULL && how == SIG_SETMASK)
        program_blocked = named;
    else if (set != NULL && named)
        program_blocked = how == SIG_BLOCK;
    if (old != NULL && before)
        *set_word(old) |= BIT(preload.signal);
    if (before && !program_blocked)
        pending_deliver();
    return 0;
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return mask_change(how, set, old, REAL(sigprocmask));
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    return mask_change(how, set, old,
                       REAL(pthread_sigmask));
}

/* Waiting for signals must not take ours. */
EXPORT int sigwait(const sigset_t *set, int *signal)
{
    sigset_t copy = {0};

    return REAL(sigwait)(set_without_ours(set, &copy), signal);
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    sigset_t copy = {0};

    return REAL(sigwaitinfo)(set_without_ours(set, &copy), info);
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    sigset_t copy = {0};

    return REAL(sigtimedwait)(set_without_ours(set, &copy), info, timeout);
}

EXPORT int sigsuspend(const sigset_t *set)
{
    sigset_t copy = {0};

    return REAL(sigsuspend)(set_without_ours(set, &copy));
}
