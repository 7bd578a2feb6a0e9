/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The handler of the checkpoint signal. Its number is one that programs cannot use through libc (docs/decisions/0006),
 * but libc may: glibc installs a handler of its own when a program starts its first thread, musl when it cancels one.
 * The checkpoint thread therefore looks before it sends, and the child of a fork before it waits for its timer; they put
 * ours back in front, and signals that are not ours are handed to the one behind it. The same serves a program whose own
 * signal somebody has chosen with --checkpoint-signal. */
#include "arch/x86_64/registers.h"
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <sys/syscall.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#define SIGSET_SIZE sizeof(unsigned long)

static struct kernel_sigaction action_behind;

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

bool signals_claim(void)
{
    struct kernel_sigaction now;

    if (raw4(SYS_rt_sigaction, preload.signal, NULL, &now, SIGSET_SIZE) < 0 ||
        now.handler == park_handler)
        return false;
    action_behind = now;
    handler_install();
    return true;
}

void signals_init(void)
{
    unsigned long bit = BIT(preload.signal);

    signals_claim();
    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
}

bool signals_before_exec(void)
{
    if (!preload.managed)
        return false;
    bool held = checkpoint_hold();
    if (action_behind.handler == (void *)SIG_IGN)
        raw4(SYS_rt_sigaction, preload.signal, &action_behind, NULL, SIGSET_SIZE);
    return held;
}

void signals_after_exec(bool held)
{
    if (!preload.managed)
        return;
    signals_claim();
    checkpoint_unhold(held);
}

bool signals_differ(void)
{
    return preload.managed && action_behind.handler == (void *)SIG_IGN;
}

bool signal_has_handler(int signal, unsigned long *ret_flags)
{
    struct kernel_sigaction action = action_behind;

    if (signal != preload.signal)
        raw4(SYS_rt_sigaction, signal, NULL, &action, SIGSET_SIZE);
    *ret_flags = action.flags;
    return action.handler != (void *)SIG_DFL && action.handler != (void *)SIG_IGN;
}

static void default_action(int signal)
{
    struct kernel_sigaction deadly = {.handler = (void *)SIG_DFL};
    unsigned long bit = BIT(signal);

    raw4(SYS_rt_sigaction, signal, &deadly, NULL, SIGSET_SIZE);
    raw3(SYS_tgkill, raw0(SYS_getpid), raw0(SYS_gettid), signal);
    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
    handler_install(); /* some signals do nothing by default */
}

/* Our handler runs with everything blocked, the one behind it with what it asked for. */
static void handler_run(const struct kernel_sigaction *action, siginfo_t *info,
                        struct arch_frame *frame)
{
    unsigned long mask = frame->mask | action->mask, all = ~0UL;

    if ((action->flags & SA_NODEFER) == 0)
        mask |= BIT(preload.signal);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIGSET_SIZE);
    ((void (*)(int, siginfo_t *, void *))action->handler)(info->si_signo, info, frame);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, SIGSET_SIZE);
}

void signals_dispatch(int signal, siginfo_t *info, void *ucontext)
{
    struct kernel_sigaction action = action_behind;

    if (action.handler == (void *)SIG_IGN) {
        syscall_restart(NULL, ucontext, (struct interruption){now_ns(), 0}, SIGNAL_NONE);
        return;
    }
    if (action.handler == (void *)SIG_DFL) {
        default_action(signal);
        return;
    }
    if (action.flags & SA_RESETHAND)
        action_behind.handler = (void *)SIG_DFL;
    syscall_restart(NULL, ucontext, (struct interruption){now_ns(), 0},
                    action.flags & SA_RESTART ? SIGNAL_RESTARTS : SIGNAL_INTERRUPTS);
    handler_run(&action, info, ucontext);
}
