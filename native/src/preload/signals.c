/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The checkpoint signal belongs to the library, and a program may still use it: the disposition it sets, the mask bit
 * and the signals that others send it are kept here and behave as if the library were not there. For the kernel our
 * handler is always installed and the signal not blocked, except for an instant around calls that have to wait for it.
 * A signal that arrives while the program blocks it is kept, one for the process and one for each thread, as the kernel
 * keeps one of each number. All other signals pass through untouched. */
#include "preload/signals.h"
#include "arch/x86_64/registers.h"
#include "preload/text.h"

#include <sys/syscall.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif

#define PER_THREAD static __thread __attribute__((tls_model("initial-exec")))

enum kept_state {
    KEPT_NONE,
    KEPT_BUSY,
    KEPT_THERE,
};

struct kept_signal {
    volatile uint32_t state;
    siginfo_t info;
};

enum mask_state {
    MASK_INHERITED,
    MASK_OPEN,
    MASK_BLOCKED,
};

static struct kernel_sigaction program_action;
static struct kept_signal kept_process;
PER_THREAD struct kept_signal kept_thread;
PER_THREAD enum mask_state mask_state;
static volatile bool inherited; /* by the thread made last */
static volatile int waiter;     /* thread id */

/* ---- what the kernel sees ---- */

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

void signals_kernel_block(void)
{
    unsigned long bit = BIT(preload.signal);

    raw4(SYS_rt_sigprocmask, SIG_BLOCK, &bit, NULL, SIGSET_SIZE);
}

void signals_kernel_unblock(void)
{
    unsigned long bit = BIT(preload.signal);

    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
}

void signals_init(void)
{
    unsigned long mask = 0;

    raw4(SYS_rt_sigaction, preload.signal, NULL, &program_action, SIGSET_SIZE);
    raw4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, SIGSET_SIZE);
    signals_blocked_set((mask & BIT(preload.signal)) != 0);
    handler_install();
    signals_kernel_unblock();
}

void signals_after_fork(void)
{
    kept_process.state = KEPT_NONE;
    kept_thread.state = KEPT_NONE;
    waiter = 0;
}

bool signals_before_exec(void)
{
    if (!preload.managed)
        return false;
    bool held = checkpoint_hold();
    if (signals_blocked()) {
        signals_kernel_block();
        if (held)
            signals_kept_resend();
    }
    if (program_action.handler == (void *)SIG_IGN)
        raw4(SYS_rt_sigaction, preload.signal, &program_action, NULL, SIGSET_SIZE);
    return held;
}

void signals_after_exec(bool held)
{
    if (!preload.managed)
        return;
    handler_install();
    signals_kernel_unblock();
    checkpoint_unhold(held);
}

bool signals_differ(void)
{
    return preload.managed && (signals_blocked() || program_action.handler == (void *)SIG_IGN);
}

/* ---- what the program sees ---- */

struct kernel_sigaction signals_action(void)
{
    return program_action;
}

void signals_action_set(const struct kernel_sigaction *action)
{
    program_action = *action;
    if (action->handler == (void *)SIG_IGN) {
        kept_process.state = KEPT_NONE;
        kept_thread.state = KEPT_NONE;
    }
}

bool signals_blocked(void)
{
    if (mask_state == MASK_INHERITED)
        signals_blocked_set(inherited);
    return mask_state == MASK_BLOCKED;
}

void signals_blocked_set(bool blocked)
{
    mask_state = blocked ? MASK_BLOCKED : MASK_OPEN;
}

void signals_inherit(void)
{
    inherited = signals_blocked();
}

bool signal_has_handler(int signal, unsigned long *ret_flags)
{
    struct kernel_sigaction action = program_action;

    if (signal != preload.signal)
        raw4(SYS_rt_sigaction, signal, NULL, &action, SIGSET_SIZE);
    else if (signals_blocked())
        return false;
    *ret_flags = action.flags;
    return action.handler != (void *)SIG_DFL && action.handler != (void *)SIG_IGN;
}

/* ---- kept signals ---- */

static void send_to_thread(int tid, const siginfo_t *info)
{
    raw4(SYS_rt_tgsigqueueinfo, raw0(SYS_getpid), tid, preload.signal, info);
}

static void send_to_self(const siginfo_t *info)
{
    send_to_thread((int)raw0(SYS_gettid), info);
}

static bool kept_change(struct kept_signal *kept, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&kept->state, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static void keep(const siginfo_t *info)
{
    struct kept_signal *kept = info->si_code == SI_TKILL ? &kept_thread : &kept_process;

    if (!kept_change(kept, KEPT_NONE, KEPT_BUSY))
        return; /* as the kernel does with a second one */
    kept->info = *info;
    __atomic_store_n(&kept->state, KEPT_THERE, __ATOMIC_SEQ_CST);
    int tid = waiter;
    if (kept == &kept_process && tid != 0) {
        siginfo_t wake = {.si_signo = preload.signal, .si_code = SI_QUEUE};
        wake.si_ptr = &kept_process;
        send_to_thread(tid, &wake);
    }
}

static void kept_resend(struct kept_signal *kept)
{
    siginfo_t info;

    if (!kept_change(kept, KEPT_THERE, KEPT_BUSY))
        return;
    info = kept->info;
    __atomic_store_n(&kept->state, KEPT_NONE, __ATOMIC_SEQ_CST);
    send_to_self(&info);
}

void signals_kept_resend(void)
{
    if (kept_thread.state != KEPT_NONE)
        kept_resend(&kept_thread);
    else
        kept_resend(&kept_process);
}

bool signals_kept(void)
{
    return kept_thread.state != KEPT_NONE || kept_process.state != KEPT_NONE;
}

void signals_waiter_set(bool waits)
{
    __atomic_store_n(&waiter, waits ? (int)raw0(SYS_gettid) : 0, __ATOMIC_SEQ_CST);
}

enum signals_kind signals_kind(const siginfo_t *info)
{
    if (info->si_code == SI_QUEUE && info->si_ptr == &preload)
        return SIGNALS_CHECKPOINT;
    if (info->si_code == SI_QUEUE && info->si_ptr == &kept_process)
        return SIGNALS_WAKE;
    if (is_late_start(info))
        return SIGNALS_START;
    return SIGNALS_PROGRAM;
}

/* ---- a signal that is the program's ---- */

static void default_action(int signal)
{
    struct kernel_sigaction deadly = {.handler = (void *)SIG_DFL};
    unsigned long bit = BIT(signal);

    raw4(SYS_rt_sigaction, signal, &deadly, NULL, SIGSET_SIZE);
    raw3(SYS_tgkill, raw0(SYS_getpid), raw0(SYS_gettid), signal);
    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, SIGSET_SIZE);
    handler_install(); /* some signals do nothing by default */
}

/* Our handler runs with everything blocked, the program's with what it asked for. */
static void handler_run(const struct kernel_sigaction *action, siginfo_t *info,
                        struct arch_frame *frame)
{
    unsigned long mask = (frame->mask | action->mask) & ~BIT(preload.signal), all = ~0UL;

    if ((action->flags & SA_NODEFER) == 0)
        signals_blocked_set(true);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIGSET_SIZE);
    ((void (*)(int, siginfo_t *, void *))action->handler)(info->si_signo, info, frame);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, SIGSET_SIZE);
    signals_blocked_set(false);
    if (signals_kept())
        signals_kept_resend(); /* comes after sigreturn */
}

void signals_dispatch(int signal, siginfo_t *info, void *ucontext)
{
    struct kernel_sigaction action = program_action;
    bool ignored = action.handler == (void *)SIG_IGN;

    if (signals_kind(info) != SIGNALS_PROGRAM)
        ignored = true;
    if (!ignored && signals_blocked()) {
        keep(info);
        ignored = true;
    }
    if (ignored) {
        syscall_restart(NULL, ucontext, SIGNAL_NONE);
        return;
    }
    if (action.handler == (void *)SIG_DFL) {
        default_action(signal);
        return;
    }
    if (action.flags & SA_RESETHAND)
        program_action.handler = (void *)SIG_DFL;
    syscall_restart(NULL, ucontext,
                    action.flags & SA_RESTART ? SIGNAL_RESTARTS : SIGNAL_INTERRUPTS);
    handler_run(&action, info, ucontext);
}

/* ---- calls that wait with a mask of their own ---- */

const sigset_t *signals_section_enter(struct signals_section *section, const sigset_t *mask)
{
    section->active = mask != NULL && preload.managed;
    if (!section->active)
        return mask;
    bool named = set_holds_ours(mask);
    memcpy(&section->mask, mask, SIGSET_SIZE);
    *set_word(&section->mask) &= ~BIT(preload.signal);
    section->blocked = signals_blocked();
    if (named == section->blocked && !(!named && signals_kept())) {
        section->active = false;
        return &section->mask;
    }
    /* The kernel opens it at the right instant, so that none slips in between here and there. */
    signals_kernel_block();
    signals_blocked_set(named);
    if (!named && signals_kept())
        signals_kept_resend();
    return &section->mask;
}

void signals_section_leave(struct signals_section *section)
{
    if (!section->active)
        return;
    signals_blocked_set(section->blocked);
    signals_kernel_unblock();
}
