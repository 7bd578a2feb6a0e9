/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Parks the user thread that gets the checkpoint signal, in the handler, until threads.c lets it go. The kernel's
 * signal frame on the thread's own stack is its saved state, floating point and mask included; the slot holds the rest.
 * A restored thread comes back into park_handler() as if it had never left and waits for orders like everybody else.
 *
 * Our signal is known by the address it carries, so neither one of somebody else's nor one of ours that arrives late
 * is taken for the other. */
#include "arch/x86_64/registers.h"
#include "preload/filters.h"
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/queue_notify.h"

static struct thread_slot *slot_find(int tid)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (preload.slots[i].tid == tid)
            return &preload.slots[i];
    }
    return NULL;
}

static bool slot_claim(struct thread_slot *slot)
{
    uint32_t requested = SLOT_REQUESTED;

    if (slot == NULL || !preload.announced ||
        !__atomic_compare_exchange_n(&slot->state, &requested, SLOT_PARKED, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    return true;
}

static void order_obey(enum park_order order, struct thread_slot *slot,
                       const struct arch_frame *frame)
{
    bool speaks = slot == threads_speaker();

    if (order == PARK_NOTE)
        thread_pending_save(slot);
    if (order == PARK_NOTE || order == PARK_RESEND)
        thread_pending_resend(slot);
    if (order == PARK_RESEND)
        thread_death_signal_restore(slot);
    if (order == PARK_RESEND_PROCESS && speaks)
        process_pending_resend();
    if (order == PARK_NOTIFY_OFF && speaks)
        queue_notify_off();
    if (order == PARK_NOTIFY_ON && speaks)
        queue_notify_on();
    if (order == PARK_FILTER_ALL && speaks)
        filters_restore_common();
    if (order == PARK_FILTER)
        filters_restore_own(slot);
    if (order == PARK_CLAIM && speaks)
        signal_claim(frame->mask);
}

static void orders_follow(struct thread_slot *slot, const struct arch_frame *frame, uint32_t seen)
{
    for (;;) {
        while (__atomic_load_n(&preload.orders, __ATOMIC_SEQ_CST) == seen)
            futex_wait(&preload.orders, seen, 0);
        seen++;
        if (preload.order == PARK_LEAVE)
            return;
        order_obey(preload.order, slot, frame);
        futex_add(&preload.obeyed);
    }
}

static void leave(struct thread_slot *slot, struct arch_frame *frame)
{
    enum signal_waiting waiting = signal_claim(frame->mask);

    uint64_t lost_ns = slot->restored ? now_ns() - slot->parked_ns : 0;
    syscall_restart(slot, frame, (struct interruption){slot->parked_ns, lost_ns}, waiting);
    slot->state = SLOT_LEFT;
    futex_add(&preload.obeyed);
}

/* The checkpoint thread lets the signal in only while it waits for a message, to be told to end. */
static bool is_for_checkpoint_thread(int signal, siginfo_t *info)
{
    if ((int)raw0(SYS_gettid) != preload.checkpoint_tid)
        return false;
    if (info->si_code != SI_QUEUE || info->si_ptr != &preload)
        raw4(SYS_rt_tgsigqueueinfo, preload.pid, preload.pid, signal, info); /* the program's */
    while (preload.leaving)
        raw1(SYS_exit, 0);
    return true;
}

/* The checkpoint thread sends the signal once more, by when the thread has gone on. */
static void thread_ask_again(struct thread_slot *slot)
{
    slot->again = 1;
    futex_add(&preload.parked);
}

void park_handler(int signal, siginfo_t *info, void *ucontext)
{
    if (is_for_checkpoint_thread(signal, info))
        return;
    struct interruption now = {.at = now_ns()};

    if (is_late_start(info)) {
        checkpoint_thread_require();
        syscall_restart(NULL, ucontext, now, signal_claim(((struct arch_frame *)ucontext)->mask));
        return;
    }
    if (info->si_code != SI_QUEUE || info->si_ptr != &preload) {
        signals_dispatch(signal, info, ucontext);
        return;
    }
    int tid = (int)raw0(SYS_gettid);
    struct thread_slot *slot = slot_find(tid);
    if (stands_in_vdso(ucontext)) {
        if (slot != NULL)
            thread_ask_again(slot);
        return;
    }
    blocker_parks(tid, &((struct arch_frame *)ucontext)->mask);
    if (!slot_claim(slot)) {
        /* of a checkpoint that has been given up */
        syscall_restart(slot, ucontext, now, SIGNAL_NONE);
        return;
    }
    slot->parked_ns = now.at;
    uint32_t seen = slot->ticket;
    slot->ucontext = ucontext;
    if (arch_context_save(&slot->context) == 0) {
        thread_state_save(slot);
        filters_save(slot);
        __atomic_store_n(&slot->live, 1, __ATOMIC_SEQ_CST);
        futex_add(&preload.parked);
    } else {
        thread_state_restore(slot);
        seen = preload.orders;
        slot->restored = 1;
        futex_add(&preload.arrived);
    }
    orders_follow(slot, slot->ucontext, seen);
    leave(slot, slot->ucontext);
}
