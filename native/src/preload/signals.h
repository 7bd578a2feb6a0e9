/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_SIGNALS_H
#define CKPT_PRELOAD_SIGNALS_H

#include "preload/preload.h"

#include <signal.h>

/* The program's view of the checkpoint signal, for the wrappers. See signals.c. */

#define SIGSET_SIZE sizeof(unsigned long)

/* libc's sigset_t begins with the kernel's in glibc and musl. */
static inline unsigned long *set_word(sigset_t *set)
{
    return (unsigned long *)set;
}

static inline bool set_holds_ours(const sigset_t *set)
{
    return (*(const unsigned long *)set & BIT(preload.signal)) != 0;
}

struct kernel_sigaction signals_action(void);
void signals_action_set(const struct kernel_sigaction *action);

/* Whether the program blocks it in this thread. A new thread starts as the one that made it. */
bool signals_blocked(void);
void signals_blocked_set(bool blocked);
void signals_inherit(void);

/* For the kernel, in this thread. Between the two it is sent and stays pending as any blocked signal does. */
void signals_kernel_block(void);
void signals_kernel_unblock(void);

/* Signals that came while the program blocked them. */
bool signals_kept(void);
/* Sends what was kept to the calling thread, which has blocked the signal for the kernel. */
void signals_kept_resend(void);
/* The calling thread waits for the signal in sigwait() and wants to be woken, or does not any more. */
void signals_waiter_set(bool waits);

enum signals_kind {
    SIGNALS_PROGRAM,    /* sent by or to the program */
    SIGNALS_CHECKPOINT, /* asks this thread to park */
    SIGNALS_WAKE,       /* asks a waiter to look at what was kept */
    SIGNALS_START,      /* of the timer that starts the checkpoint thread, and too late for that */
};
enum signals_kind signals_kind(const siginfo_t *info);

/* A call that waits with a signal mask of its own: before and after it. Both do nothing without a mask. */
struct signals_section {
    bool active, blocked;
    sigset_t mask;
};
const sigset_t *signals_section_enter(struct signals_section *section, const sigset_t *mask);
void signals_section_leave(struct signals_section *section);

#endif
