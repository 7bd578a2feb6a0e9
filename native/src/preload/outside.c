/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Signals that end a task, sent by somebody outside of its tree to every process of it at once, as batch systems and
 * workflow engines do. They must not take effect before the final checkpoint is complete. So for the few signals that
 * `ckpt run --signal` lists, the kernel knows our handler, unless the program ignores them; what the program has asked
 * for is kept here, is what it is told, and what happens to a signal from inside of the tree, at once. One from outside
 * is held: its thread waits in the handler for the coordinator's word, and is checkpointed there. Other threads run on.
 *
 * Flags and mask are the program's own, so that a system call ends, begins again, and what is blocked is, as it would
 * without us. Only the checkpoint signal has to wait until the question is asked: in an image, a question is answered
 * by the restart, whereas a handler that had not come so far would ask the next coordinator about a sender that it
 * knows by another number. exec takes the handler away, and the next program's library puts it back. A child of vfork
 * asks for what it gets, since the table here is its parent's; one of fork gets no signal before it knows that it is
 * none.
 *
 * Not held: a signal that the program blocks in order to take it with sigwait() or a signalfd, or whose disposition it
 * sets by a bare system call, and one that arrives between exec and our constructor. */
#include "arch/x86_64/registers.h"
#include "preload/calls.h"
#include "preload/futex.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <sys/syscall.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#define SIGSET_SIZE  sizeof(unsigned long)
#define OUTSIDE_LAST 31 /* no real-time signals: they are queued */

static struct kernel_sigaction wanted[OUTSIDE_LAST + 1];
static unsigned long listed;        /* the signals, by bit */
static unsigned long interrupting;  /* those that siginterrupt() was called for */
static volatile unsigned long held; /* those that a thread of the process holds now */

static void outside_handler(int signal, siginfo_t *info, void *ucontext);

static bool is_listed(int signal)
{
    return signal > 0 && signal <= OUTSIDE_LAST && (listed & BIT(signal)) != 0;
}

static bool is_own_process(void)
{
    return (int)raw0(SYS_getpid) == preload.pid;
}

static void action_install(int signal)
{
    struct kernel_sigaction action = wanted[signal];

    if (action.handler != (void *)SIG_IGN) {
        if (action.handler == (void *)SIG_DFL)
            action = (struct kernel_sigaction){.flags = SA_RESTART | SA_ONSTACK};
        action.handler = outside_handler;
        action.flags |= SA_SIGINFO | SA_RESTORER;
        action.restorer = arch_signal_return;
        action.mask |= BIT(preload.signal);
    }
    raw4(SYS_rt_sigaction, signal, &action, NULL, SIGSET_SIZE);
}

void outside_init(unsigned long signals)
{
    listed = signals & ((1UL << OUTSIDE_LAST) - 1) & ~(BIT(SIGKILL) | BIT(SIGSTOP)) &
             ~BIT(preload.signal);
    for (int signal = 1; signal <= OUTSIDE_LAST; signal++) {
        if (!is_listed(signal))
            continue;
        raw4(SYS_rt_sigaction, signal, NULL, &wanted[signal], SIGSET_SIZE);
        if (wanted[signal].handler == outside_handler) /* the constructor of a plug-in's copy */
            wanted[signal] = (struct kernel_sigaction){.handler = (void *)SIG_DFL};
        action_install(signal);
    }
}

static void mask_set(unsigned long mask)
{
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIGSET_SIZE);
}

/* All of them, or a handler of another signal might fork as well. */
unsigned long outside_fork_begin(void)
{
    unsigned long all = ~0UL, before = 0;

    raw4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, SIGSET_SIZE);
    return before;
}

void outside_fork_end(unsigned long before)
{
    mask_set(before);
}

void outside_forked(void)
{
    if (held != 0)
        held = 0;
}

/* ---- a signal arrives ---- */

/* What the kernel sends, and what a process of our own session does, comes from inside. Who is in another PID namespace
 * has no number here. Of others only the coordinator can say. */
static bool is_inside(const siginfo_t *info)
{
    if (info->si_code != SI_USER && info->si_code != SI_TKILL && info->si_code != SI_QUEUE)
        return true;
    if (info->si_pid == preload.pid)
        return true;
    return info->si_pid > 0 && raw1(SYS_getsid, info->si_pid) == raw1(SYS_getsid, 0);
}

bool signal_is_from_outside(const siginfo_t *info)
{
    return preload.final && is_listed(info->si_signo) && !is_inside(info);
}

/* True: the signal is to be delivered. Another one of the same number is the same signal. */
static bool hold_answer(int signal, const siginfo_t *info, unsigned long blocked)
{
    struct wire_answer answer;
    unsigned long mask = blocked | ~(BIT(preload.signal) | listed);

    if ((__atomic_fetch_or(&held, BIT(signal), __ATOMIC_SEQ_CST) & BIT(signal)) != 0)
        return false;
    struct call *call = coordinator_ask(WIRE_CALL_SIGNAL, signal, info->si_pid);
    mask_set(mask);
    bool answered = coordinator_answer(call, 0, &answer);
    __atomic_and_fetch(&held, ~BIT(signal), __ATOMIC_SEQ_CST);
    return !answered || answer.result != 0;
}

static void die(int signal)
{
    struct kernel_sigaction deadly = {.handler = (void *)SIG_DFL};
    unsigned long bit = BIT(signal);

    raw4(SYS_rt_sigaction, signal, &deadly, NULL, SIGSET_SIZE);
    raw3(SYS_tgkill, raw0(SYS_getpid), raw0(SYS_gettid), signal);
    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
    action_install(signal); /* some do nothing by default */
}

static void outside_handler(int signal, siginfo_t *info, void *ucontext)
{
    struct arch_frame *frame = ucontext;
    struct interruption now = {.at = now_ns()};
    struct kernel_sigaction action = wanted[signal];
    bool is_own = is_own_process();

    if (is_own && !is_inside(info)) {
        if ((action.flags & SA_RESETHAND) != 0)
            action_install(
                signal); /* the kernel has reset it, and the next is to be held as well */
        if (!hold_answer(signal, info, frame->mask)) {
            mask_set(~BIT(preload.signal));
            syscall_restart(NULL, ucontext, now, SIGNAL_NONE);
            return;
        }
    }
    mask_set(frame->mask | action.mask | ((action.flags & SA_NODEFER) == 0 ? BIT(signal) : 0));
    if (action.handler == (void *)SIG_DFL) {
        die(signal);
        return;
    }
    if (action.handler == (void *)SIG_IGN)
        return;
    if ((action.flags & SA_RESETHAND) != 0 && is_own) {
        wanted[signal].handler = (void *)SIG_DFL;
        action_install(signal);
    }
    ((void (*)(int, siginfo_t *, void *))action.handler)(signal, info, ucontext);
}

/* ---- what the program asks for ---- */

static int fail(int error)
{
    *REAL(errno_location)() = error;
    return -1;
}

static void to_kernel(const struct sigaction *from, struct kernel_sigaction *to)
{
    memset(to, 0, sizeof(*to));
    to->handler = (void *)from->sa_handler;
    to->flags = (unsigned long)(unsigned)from->sa_flags;
    memcpy(&to->mask, &from->sa_mask, sizeof(to->mask));
}

static void from_kernel(const struct kernel_sigaction *from, struct sigaction *to)
{
    memset(to, 0, sizeof(*to));
    to->sa_handler = (void (*)(int))from->handler;
    to->sa_flags = (int)(from->flags & ~(unsigned long)SA_RESTORER);
    memcpy(&to->sa_mask, &from->mask, sizeof(from->mask));
}

/* Of a child of vfork the kernel knows, unless it is still what the parent has. */
static int action_of_child(int signal, const struct sigaction *action, struct sigaction *old)
{
    struct kernel_sigaction now, next;

    raw4(SYS_rt_sigaction, signal, NULL, &now, SIGSET_SIZE);
    if (old != NULL)
        from_kernel(now.handler == outside_handler ? &wanted[signal] : &now, old);
    if (action == NULL)
        return 0;
    to_kernel(action, &next);
    next.flags |= SA_RESTORER;
    next.restorer = arch_signal_return;
    return raw4(SYS_rt_sigaction, signal, &next, NULL, SIGSET_SIZE) < 0 ? fail(EINVAL) : 0;
}

static int action_change(int signal, const struct sigaction *action, struct sigaction *old)
{
    struct kernel_sigaction next = {0};
    unsigned long all = ~BIT(preload.signal), before;

    if (!is_own_process())
        return action_of_child(signal, action, old);
    if (action != NULL)
        to_kernel(action, &next);
    /* No handler of ours may run between the two. */
    raw4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, SIGSET_SIZE);
    struct kernel_sigaction previous = wanted[signal];
    if (action != NULL) {
        wanted[signal] = next;
        action_install(signal);
    }
    mask_set(before);
    if (old != NULL)
        from_kernel(&previous, old);
    return 0;
}

EXPORT int sigaction(int signal, const struct sigaction *restrict action,
                     struct sigaction *restrict old)
{
    return is_listed(signal) ? action_change(signal, action, old)
                             : REAL(sigaction)(signal, action, old);
}

EXPORT int __sigaction(int signal, const struct sigaction *restrict action,
                       struct sigaction *restrict old);
EXPORT int __sigaction(int signal, const struct sigaction *restrict action,
                       struct sigaction *restrict old)
{
    return sigaction(signal, action, old);
}

typedef void (*handler)(int);

static handler handler_change(int signal, handler to, int flags)
{
    struct sigaction action = {.sa_handler = to, .sa_flags = flags}, old;
    unsigned long mask = (flags & SA_NODEFER) == 0 ? BIT(signal) : 0;

    memcpy(&action.sa_mask, &mask, sizeof(mask));
    action_change(signal, &action, &old);
    return old.sa_handler;
}

#define PLAIN_FLAGS(signal) ((interrupting & BIT(signal)) != 0 ? 0 : SA_RESTART)

EXPORT handler signal(int number, handler to)
{
    return is_listed(number) ? handler_change(number, to, PLAIN_FLAGS(number))
                             : REAL(signal)(number, to);
}

EXPORT handler bsd_signal(int number, handler to);
EXPORT handler bsd_signal(int number, handler to)
{
    return signal(number, to);
}

EXPORT handler ssignal(int number, handler to);
EXPORT handler ssignal(int number, handler to)
{
    return signal(number, to);
}

EXPORT handler __sysv_signal(int number, handler to);
EXPORT handler __sysv_signal(int number, handler to)
{
    return is_listed(number) ? handler_change(number, to, (int)(SA_RESETHAND | SA_NODEFER))
           : REAL(__sysv_signal) != NULL ? real.__sysv_signal(number, to)
                                         : SIG_ERR;
}

EXPORT handler sysv_signal(int number, handler to);
EXPORT handler sysv_signal(int number, handler to)
{
    return __sysv_signal(number, to);
}

EXPORT int sigignore(int number)
{
    if (!is_listed(number))
        return REAL(sigignore) != NULL ? real.sigignore(number) : fail(ENOSYS);
    handler_change(number, SIG_IGN, 0);
    return 0;
}

EXPORT int siginterrupt(int number, int interrupts)
{
    struct sigaction action;

    if (!is_listed(number))
        return REAL(siginterrupt) != NULL ? real.siginterrupt(number, interrupts) : fail(ENOSYS);
    action_change(number, NULL, &action);
    if (interrupts) {
        __atomic_or_fetch(&interrupting, BIT(number), __ATOMIC_SEQ_CST);
        action.sa_flags &= ~SA_RESTART;
    } else {
        __atomic_and_fetch(&interrupting, ~BIT(number), __ATOMIC_SEQ_CST);
        action.sa_flags |= SA_RESTART;
    }
    return action_change(number, &action, NULL);
}

/* sigset() is made of the two things that are somebody's already. */
EXPORT handler sigset(int number, handler to)
{
    unsigned long bit = BIT(number), before = 0;
    struct sigaction old;

    if (!is_listed(number))
        return REAL(sigset) != NULL ? real.sigset(number, to) : SIG_ERR;
    raw4(SYS_rt_sigprocmask, to == SIG_HOLD ? SIG_BLOCK : SIG_UNBLOCK, &bit, &before, SIGSET_SIZE);
    if (to == SIG_HOLD)
        action_change(number, NULL, &old);
    else
        old.sa_handler = handler_change(number, to, 0);
    return (before & bit) != 0 ? SIG_HOLD : old.sa_handler;
}
