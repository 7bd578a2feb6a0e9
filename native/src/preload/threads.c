/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The checkpoint thread's side of parking: asks every user thread (thread_slots.c), waits until all have parked, gives them
 * their orders and lets them go. Their own side is park.c. */
#include "preload/filters.h"
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/queue_notify.h"
#include "preload/text.h"
#include "preload/thread_slots.h"

#include <errno.h>

#define PARK_DEADLINE_NS 10000000000ULL /* a thread in an uninterruptible wait may take as long */
#define PARK_STOPPED_NS  2000000000ULL
#define PARK_VFORK_NS    1000000000ULL /* a child of vfork mostly calls exec within microseconds */
/* A sleeping thread that blocks the signal is waited for as long as this, a shorter time first. */
#define PARK_BLOCKED_FIRST_NS 20000000ULL
#define PARK_BLOCKED_NS       500000000ULL
#define PARK_TRIES            5
#define PARK_RECHECK_FIRST_NS 1000000L
#define PARK_RECHECK_NS       10000000L
#define STUCK_TRIES           20
#define STUCK_PAUSE_NS        1000000L
#define REALTIME_FIRST        32

static char park_reason[128];
static int stuck_tid;

static bool is_fork(int64_t number)
{
    return number == SYS_vfork || number == SYS_clone || number == SYS_clone3;
}

static int park_failed(const char **ret_reason, const char *what, int tid, char state)
{
    char letter[2] = {state, 0};

    park_reason[0] = 0;
    text_append(park_reason, sizeof(park_reason), what);
    if (tid > 0) {
        text_append(park_reason, sizeof(park_reason), " (thread ");
        text_append_number(park_reason, sizeof(park_reason), (unsigned long)tid);
        text_append(park_reason, sizeof(park_reason), ", state ");
        text_append(park_reason, sizeof(park_reason), letter);
        text_append(park_reason, sizeof(park_reason), ")");
    }
    *ret_reason = park_reason;
    return -EAGAIN;
}

/* One that sleeps may just be in libc, which opens its signals again in a moment. One that runs may be about to end,
 * without a stack. */
static bool must_be_forced(const struct thread_slot *slot, char state, uint64_t waited,
                           uint64_t blocked_ns)
{
    uint64_t patience = PARK_DEADLINE_NS;

    if (state != 'S')
        patience = PARK_BLOCKED_NS;
    else if (blocker_is_known(slot->tid))
        patience = 0;
    else if (blocked_ns == PARK_BLOCKED_NS)
        patience = PARK_BLOCKED_FIRST_NS;
    return !slot->asked && waited > patience && task_blocks_signal(slot->tid);
}

/* A thread that has not parked yet: 0 if it may still do so, or why not. */
static int slot_look(struct thread_slot *slot, uint64_t waited, uint64_t blocked_ns,
                     const char **ret_reason)
{
    /* The queue of signals may have been full, or libc's handler may have got it. Where the number is not a real-time
     * signal's, one from elsewhere that was pending already swallows ours. */
    bool lost = signals_claim() || slot->sent == 0 || preload.signal < REALTIME_FIRST;
    if (slot->state == SLOT_REQUESTED && lost)
        slot_signal(slot);
    if (raw3(SYS_tgkill, preload.pid, slot->tid, 0) == -ESRCH)
        slot->state = SLOT_GONE;
    if (slot->state == SLOT_GONE)
        return 0;
    char state = task_state(slot->tid);
    if (state == 'Z' && slot->tid == preload.pid) {
        preload.main_ended = true;
        slot->state = SLOT_GONE;
        return 0;
    }
    if (must_be_forced(slot, state, waited, blocked_ns)) {
        slot->asked = 1;
        blocker_force(slot->tid);
    }
    if (state == 'S' && waited > blocked_ns && task_blocks_signal(slot->tid)) {
        stuck_tid = slot->tid;
        park_failed(ret_reason, "a thread blocks the checkpoint signal", slot->tid, state);
        return -EDEADLK;
    }
    if (waited > PARK_STOPPED_NS && (state == 'T' || state == 't'))
        return park_failed(ret_reason, "the process is stopped", slot->tid, state);
    if (waited > PARK_VFORK_NS && state == 'D' && is_fork(slot->syscall.number))
        return park_failed(ret_reason, "it waits for a child that shares its memory (vfork)",
                           slot->tid, state);
    if (waited > PARK_DEADLINE_NS)
        return park_failed(ret_reason, "a thread does not take the checkpoint signal", slot->tid,
                           state);
    return 0;
}

static void threads_ask_again(void)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        struct thread_slot *slot = &preload.slots[i];
        if (__atomic_exchange_n(&slot->again, 0, __ATOMIC_SEQ_CST) && slot->state == SLOT_REQUESTED)
            slot_signal(slot);
    }
}

/* Waits until every thread asked so far has parked or ended. */
static int threads_await(uint64_t begun, uint64_t blocked_ns, const char **ret_reason)
{
    long pause = PARK_RECHECK_FIRST_NS;

    for (;;) {
        uint32_t parked = preload.parked;
        if (slot_missing() == NULL)
            return 0;
        futex_wait(&preload.parked, parked, pause);
        threads_ask_again();
        if (preload.parked != parked)
            continue;
        for (uint32_t i = 0; i < preload.slot_count; i++) {
            struct thread_slot *slot = &preload.slots[i];
            int error = slot_is_missing(slot)
                            ? slot_look(slot, now_ns() - begun, blocked_ns, ret_reason)
                            : 0;
            if (error < 0)
                return error;
        }
        if (pause < PARK_RECHECK_NS)
            pause *= 2;
    }
}

static int threads_park_once(uint64_t blocked_ns, const char **ret_reason)
{
    uint64_t begun = now_ns();
    bool complete = false;
    int added;

    vdso_find();
    preload.slot_count = 0;
    preload.parked = 0;
    preload.arrived = 0;
    __atomic_store_n(&preload.announced, 1, __ATOMIC_SEQ_CST);
    signals_claim();
    if (!holders_await(begun + PARK_DEADLINE_NS))
        return park_failed(ret_reason, "the process is starting a program", 0, 0);
    dumpable_expose();
    while ((added = slots_request(&complete)) > 0 || (added == 0 && !complete)) {
        int error = threads_await(begun, blocked_ns, ret_reason);
        if (error < 0)
            return error;
        if (now_ns() - begun > PARK_DEADLINE_NS)
            return park_failed(ret_reason, "its threads begin and end too fast", 0, 0);
    }
    if (added == -EMFILE)
        return park_failed(ret_reason, "more threads than the 4096 that can be parked", 0, 0);
    if (added < 0)
        return park_failed(ret_reason, "/proc is not readable in the process", 0, 0);
    return 0;
}

/* Waits a while for a thread to get on with what it does. */
static void stuck_await(void)
{
    for (int tries = 0; tries < STUCK_TRIES && task_state(stuck_tid) == 'S'; tries++) {
        struct __kernel_timespec pause = {.tv_nsec = STUCK_PAUSE_NS};
        raw2(SYS_nanosleep, &pause, NULL);
    }
}

static uint32_t live_count(void)
{
    uint32_t live = 0;

    for (uint32_t i = 0; i < preload.slot_count; i++)
        live += preload.slots[i].live;
    return live;
}

static void threads_order(enum park_order order)
{
    uint32_t obeyed, live = live_count();

    preload.order = order;
    preload.obeyed = 0;
    futex_add(&preload.orders);
    while ((obeyed = preload.obeyed) < live)
        futex_wait(&preload.obeyed, obeyed, PARK_RECHECK_NS);
}

/* libc's threads block all signals when they begin and end, and may then wait for a lock of libc's that a thread parked
 * before them holds. They are let go, and asked again a moment later. */
int threads_park(const char **ret_reason)
{
    int error = -EDEADLK;

    if (!slots_allocate())
        return park_failed(ret_reason, "no memory for the table of threads", 0, 0);
    for (int tries = 1; error == -EDEADLK && tries <= PARK_TRIES; tries++) {
        error = threads_park_once(tries < PARK_TRIES ? PARK_BLOCKED_FIRST_NS : PARK_BLOCKED_NS,
                                  ret_reason);
        if (error < 0)
            threads_release();
        if (error == -EDEADLK)
            stuck_await();
    }
    const char *obstacle = error == 0 ? filters_obstacle() : NULL;
    if (obstacle != NULL) {
        threads_release();
        return park_failed(ret_reason, obstacle, 0, 0);
    }
    if (error == 0 && queue_notify_is_used())
        threads_order(PARK_NOTIFY_OFF);
    return error;
}

struct thread_slot *threads_speaker(void)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (preload.slots[i].live)
            return &preload.slots[i];
    }
    return &preload.slots[0]; /* in a process there is one */
}

void threads_pending_note(void)
{
    process_pending_save();
    threads_order(PARK_NOTE);
    if (process_pending_saved())
        threads_order(PARK_RESEND_PROCESS);
}

/* Last: what comes before may be what they forbid. */
static void filters_settle(void)
{
    if (filters_count() == 0)
        return;
    filters_restore_prepare();
    threads_order(PARK_FILTER_ALL);
    threads_order(PARK_FILTER);
}

/* In a restored process the threads first have to get out of the restorer, which can then be dropped. What would
 * disturb them while the tree is not complete yet is put back last. */
void threads_settle(void)
{
    uint32_t arrived, live = live_count();

    if (preload.restorer.restorer_size == 0)
        return;
    while ((arrived = preload.arrived) < live)
        futex_wait(&preload.arrived, arrived, PARK_RECHECK_NS);
    raw2(SYS_munmap, preload.restorer.restorer_start, preload.restorer.restorer_size);
    preload.restorer.restorer_size = 0;
    threads_order(PARK_RESEND);
    stopped_children_restore();
    threads_order(PARK_RESEND_PROCESS);
    process_timers_restore();
    filters_settle();
}

void threads_release(void)
{
    if (preload.announced == 0)
        return;
    /* Whoever has not parked by now must not any more. */
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        uint32_t requested = SLOT_REQUESTED;
        __atomic_compare_exchange_n(&preload.slots[i].state, &requested, SLOT_GONE, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    while (slot_missing() != NULL)
        futex_wait(&preload.parked, preload.parked, PARK_RECHECK_NS);
    threads_settle();
    if (process_pending_look())
        threads_order(PARK_CLAIM);
    if (queue_notify_is_used())
        threads_order(PARK_NOTIFY_ON);
    dumpable_hide();
    threads_order(PARK_LEAVE);
    __atomic_store_n(&preload.announced, 0, __ATOMIC_SEQ_CST);
    futex_wake(&preload.announced);
}
