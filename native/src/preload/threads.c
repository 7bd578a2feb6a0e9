/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The checkpoint thread's side of parking: sends the checkpoint signal to every user thread, waits until all have
 * parked, gives the parked ones their orders and lets them go. Their own side is park.c. */
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#define PARK_DEADLINE_NS 10000000000ULL /* a thread in an uninterruptible wait may take as long */
#define PARK_BLOCKED_NS                                                                            \
    500000000ULL /* a sleeping thread that blocks the signal is waited for as long as this */
#define PARK_RECHECK_NS 10000000L

static char park_reason[128];

static bool slots_allocate(void)
{
    if (preload.slots != NULL)
        return true;
    long map = raw6(SYS_mmap, 0, PRELOAD_SLOTS_MAX * sizeof(struct thread_slot),
                    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map < 0)
        return false;
    preload.slots = (struct thread_slot *)map;
    return true;
}

static struct thread_slot *slot_find(int tid)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (preload.slots[i].tid == tid)
            return &preload.slots[i];
    }
    return NULL;
}

static long task_file_read(int tid, const char *name, char *buffer, size_t size)
{
    char path[64] = "/proc/self/task/";

    text_append_number(path, sizeof(path), (unsigned long)tid);
    text_append(path, sizeof(path), name);
    long fd = raw4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0)
        return fd;
    long got = raw3(SYS_read, fd, buffer, size - 1);
    raw1(SYS_close, fd);
    buffer[got > 0 ? got : 0] = 0;
    return got;
}

/* The letter in /proc/self/task/TID/stat, or 0. */
static char task_state(int tid)
{
    char buffer[512];
    char state = 0;

    if (task_file_read(tid, "/stat", buffer, sizeof(buffer)) <= 0)
        return 0;
    for (const char *at = buffer; *at != 0; at++) {
        if (at[0] == ')' && at[1] == ' ')
            state = at[2];
    }
    return state;
}

/* "NR 0xARG*6 0xSP 0xPC", or "running", or "-1 0xSP 0xPC". */
static void syscall_note(struct thread_slot *slot)
{
    char buffer[256];
    const char *at = buffer;

    slot->syscall.number = -1;
    if (task_file_read(slot->tid, "/syscall", buffer, sizeof(buffer)) <= 0 || *at < '0' ||
        *at > '9')
        return;
    slot->syscall.number = (int64_t)text_number(&at, 10);
    for (int i = 0; i < 8; i++) {
        while (*at == ' ')
            at++;
        uint64_t value = text_number(&at, 16);
        if (i < 6)
            slot->syscall.args[i] = value;
        else if (i == 6)
            slot->syscall.sp = value;
        else
            slot->syscall.pc = value;
    }
}

static void signal_send(struct thread_slot *slot)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    info.si_signo = preload.signal;
    info.si_code = SI_QUEUE;
    info.si_pid = preload.pid;
    info.si_ptr = &preload;
    if (raw4(SYS_rt_tgsigqueueinfo, preload.pid, slot->tid, preload.signal, &info) == -ESRCH)
        slot->state = SLOT_GONE;
}

static void slot_add(int tid)
{
    struct thread_slot *slot = &preload.slots[preload.slot_count];

    memset(slot, 0, sizeof(*slot));
    slot->tid = tid;
    slot->ticket = preload.orders;
    syscall_note(slot);
    slot->state = SLOT_REQUESTED;
    __atomic_store_n(&preload.slot_count, preload.slot_count + 1, __ATOMIC_SEQ_CST);
    signal_send(slot);
}

/* Sends the signal to every thread that has not had it; returns how many, or a negative errno. */
static int threads_request(void)
{
    char buffer[4096];
    long got, added = 0;
    long dir = raw4(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY, 0);

    if (dir < 0)
        return (int)dir;
    while ((got = raw3(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < got;) {
            const char *name = buffer + at + 19;
            uint16_t length;
            memcpy(&length, buffer + at + 16, sizeof(length));
            at += length;
            int tid = *name == '.' ? 0 : (int)text_number(&name, 10);
            if (tid == 0 || tid == preload.checkpoint_tid || slot_find(tid) != NULL)
                continue;
            if (preload.slot_count == PRELOAD_SLOTS_MAX) {
                raw1(SYS_close, dir);
                return -EMFILE;
            }
            slot_add(tid);
            added++;
        }
    }
    raw1(SYS_close, dir);
    return (int)added;
}

static struct thread_slot *slot_missing(void)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        uint32_t state = __atomic_load_n(&preload.slots[i].state, __ATOMIC_SEQ_CST);
        bool live = __atomic_load_n(&preload.slots[i].live, __ATOMIC_SEQ_CST) != 0;
        if (state == SLOT_REQUESTED || (state == SLOT_PARKED && !live))
            return &preload.slots[i];
    }
    return NULL;
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

/* Threads that libc makes for its own use block everything, and some of them for ever. */
static bool task_blocks_signal(int tid)
{
    char buffer[2048];

    if (task_file_read(tid, "/status", buffer, sizeof(buffer)) <= 0)
        return false;
    for (const char *at = buffer; *at != 0; at++) {
        const char *rest = text_after(at, "\nSigBlk:\t");
        if (rest != NULL)
            return (text_number(&rest, 16) & BIT(preload.signal)) != 0;
    }
    return false;
}

/* Waits until every thread asked so far has parked or ended. */
static int threads_await(uint64_t deadline, const char **ret_reason)
{
    struct thread_slot *slot;
    uint64_t patience = now_ns() + PARK_BLOCKED_NS;

    for (;;) {
        uint32_t parked = preload.parked;
        if ((slot = slot_missing()) == NULL)
            return 0;
        futex_wait(&preload.parked, parked, PARK_RECHECK_NS);
        if (preload.parked != parked)
            continue;
        /* A signal of the same number from elsewhere that was pending already swallows ours. */
        if (slot->state == SLOT_REQUESTED)
            signal_send(slot);
        if (raw3(SYS_tgkill, preload.pid, slot->tid, 0) == -ESRCH) {
            slot->state = SLOT_GONE;
            continue;
        }
        char state = task_state(slot->tid);
        if (state == 'Z')
            return park_failed(ret_reason, "the main thread has ended before the others", slot->tid,
                               state);
        if (state == 'T' || state == 't')
            return park_failed(ret_reason, "the process is stopped", slot->tid, state);
        if (state == 'S' && now_ns() > patience && task_blocks_signal(slot->tid))
            return park_failed(ret_reason, "a thread blocks the checkpoint signal", slot->tid,
                               state);
        if (now_ns() > deadline)
            return park_failed(ret_reason, "a thread does not take the checkpoint signal",
                               slot->tid, state);
    }
}

int threads_park(const char **ret_reason)
{
    uint64_t deadline = now_ns() + PARK_DEADLINE_NS;
    int added;

    if (!slots_allocate())
        return park_failed(ret_reason, "no memory for the table of threads", 0, 0);
    preload.slot_count = 0;
    preload.parked = 0;
    preload.arrived = 0;
    __atomic_store_n(&preload.announced, 1, __ATOMIC_SEQ_CST);
    if (!holders_await(deadline))
        return park_failed(ret_reason, "the process is starting a program", 0, 0);
    while ((added = threads_request()) > 0) {
        if (threads_await(deadline, ret_reason) < 0)
            return -EAGAIN;
    }
    if (added == -EMFILE)
        return park_failed(ret_reason, "more threads than the 4096 that can be parked", 0, 0);
    if (added < 0)
        return park_failed(ret_reason, "/proc is not readable in the process", 0, 0);
    return 0;
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

void threads_pending_note(void)
{
    process_pending_save();
    threads_order(PARK_NOTE);
    if (process_pending_saved())
        threads_order(PARK_RESEND_PROCESS);
}

/* In a restored process the threads first have to get out of the restorer, which can then be dropped. What would
 * disturb them while the tree is not complete yet is put back last. */
static void threads_restored(void)
{
    uint32_t arrived, live = live_count();

    while ((arrived = preload.arrived) < live)
        futex_wait(&preload.arrived, arrived, PARK_RECHECK_NS);
    raw2(SYS_munmap, preload.restorer.restorer_start, preload.restorer.restorer_size);
    preload.restorer.restorer_size = 0;
    threads_order(PARK_RESEND);
    threads_order(PARK_RESEND_PROCESS);
    process_timers_restore();
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
    if (preload.restorer.restorer_size != 0)
        threads_restored();
    if (process_pending_look())
        threads_order(PARK_CLAIM);
    threads_order(PARK_LEAVE);
    __atomic_store_n(&preload.announced, 0, __ATOMIC_SEQ_CST);
    futex_wake(&preload.announced);
}
