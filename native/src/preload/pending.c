/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Signals that have been sent and not been taken yet, with all they carry, in order. There is no way to look at one
 * without taking it, so each is taken, noted and sent again, by threads that block every signal, when the whole tree
 * stands still and nobody in it sends any more. No files are read here: the program's descriptors are not ours, and
 * somebody may be looking at them. */
#include "arch/x86_64/registers.h"
#include "preload/preload.h"

#include <linux/time_types.h>
#include <sys/syscall.h>

#define PROCESS_PENDING_MAX 128

SELDOM static siginfo_t process_pending[PROCESS_PENDING_MAX];
static uint32_t process_pending_count;
static unsigned long process_set; /* those pending for the process when parked threads are let go */

/* Takes one of the signals in set, the calling thread's own before the process's; false if there is none. */
static bool signal_take(unsigned long set, siginfo_t *ret)
{
    struct __kernel_timespec at_once = {0};

    return raw4(SYS_rt_sigtimedwait, &set, ret, &at_once, sizeof(set)) > 0;
}

static unsigned long pending_set(void)
{
    unsigned long set = 0;

    raw2(SYS_rt_sigpending, &set, sizeof(set));
    return set;
}

/* The process's have been taken by now, so that what is left is the thread's own. */
void thread_pending_save(struct thread_slot *slot)
{
    slot->pending_count = 0;
    if (pending_set() == 0)
        return;
    while (slot->pending_count < SLOT_PENDING_MAX &&
           signal_take(~0UL, &slot->pending[slot->pending_count]))
        slot->pending_count++;
}

void thread_pending_resend(const struct thread_slot *slot)
{
    for (uint32_t i = 0; i < slot->pending_count; i++)
        raw4(SYS_rt_tgsigqueueinfo, preload.pid, slot->tid, slot->pending[i].si_signo,
             &slot->pending[i]);
}

/* The checkpoint thread has no signals of its own but the one that wakes it, so these are the process's. */
void process_pending_save(void)
{
    process_pending_count = 0;
    while (process_pending_count < PROCESS_PENDING_MAX &&
           signal_take(~0UL, &process_pending[process_pending_count])) {
        const siginfo_t *info = &process_pending[process_pending_count];
        process_pending_count += info->si_signo != preload.signal || info->si_code != SI_QUEUE ||
                                 info->si_ptr != &preload;
    }
}

bool process_pending_saved(void)
{
    return process_pending_count > 0;
}

static uint32_t without_outside(siginfo_t *list, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (!signal_is_from_outside(&list[i]))
            list[kept++] = list[i];
    }
    return kept;
}

void pending_restored(void)
{
    process_pending_count = without_outside(process_pending, process_pending_count);
    for (uint32_t i = 0; i < preload.slot_count; i++)
        preload.slots[i].pending_count =
            without_outside(preload.slots[i].pending, preload.slots[i].pending_count);
}

static unsigned long inside_set(const siginfo_t *list, uint32_t count)
{
    unsigned long set = 0;

    for (uint32_t i = 0; i < count; i++)
        set |= signal_is_from_outside(&list[i]) ? 0 : BIT(list[i].si_signo);
    return set;
}

/* A thread that stands in our handler blocks everything; what it will block afterwards is in its frame. */
unsigned long pending_deliverable_set(void)
{
    unsigned long by_process, by_thread = 0, blocked_by_all = ~0UL;

    for (uint32_t i = 0; i < preload.slot_count; i++) {
        const struct thread_slot *slot = &preload.slots[i];
        unsigned long own, mask;
        if (slot->state == SLOT_GONE || slot->ucontext == NULL)
            continue;
        mask = ((const struct arch_frame *)slot->ucontext)->mask;
        own = inside_set(slot->pending, slot->pending_count);
        by_thread |= own & ~mask;
        blocked_by_all &= mask;
    }
    by_process = inside_set(process_pending, process_pending_count);
    return by_thread | (by_process & ~blocked_by_all);
}

/* Only to a number of its own may a thread send what looks like kill() or like the kernel; a thread's number stands for
 * its process here. */
void process_pending_resend(void)
{
    long self = raw0(SYS_gettid);

    for (uint32_t i = 0; i < process_pending_count; i++)
        raw3(SYS_rt_sigqueueinfo, self, process_pending[i].si_signo, &process_pending[i]);
}

static unsigned long handled_only(unsigned long set)
{
    unsigned long flags, handled = 0;

    for (; set != 0; set &= set - 1) {
        int signal = __builtin_ctzl(set) + 1;
        if (signal_has_handler(signal, &flags))
            handled |= BIT(signal);
    }
    return handled;
}

static enum signal_waiting signals_judge(unsigned long set)
{
    unsigned long flags;

    for (; set != 0; set &= set - 1) {
        if (signal_has_handler(__builtin_ctzl(set) + 1, &flags) && (flags & SA_RESTART) == 0)
            return SIGNAL_INTERRUPTS;
    }
    return SIGNAL_RESTARTS;
}

bool process_pending_look(void)
{
    process_set = pending_set();
    return process_set != 0;
}

enum signal_waiting signal_claim(unsigned long mask)
{
    unsigned long set = handled_only(pending_set() & ~mask);
    unsigned long own = set & ~process_set;
    siginfo_t info;

    while (own == 0 && set != 0) {
        unsigned long lowest = set & -set;
        if (signal_take(lowest, &info)) {
            raw4(SYS_rt_tgsigqueueinfo, preload.pid, raw0(SYS_gettid), info.si_signo, &info);
            own = lowest;
        }
        set &= ~lowest; /* another thread was faster */
    }
    return own == 0 ? SIGNAL_NONE : signals_judge(own);
}
