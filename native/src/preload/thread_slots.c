/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The table of the threads that are asked to park. The checkpoint thread alone adds to it. */
#include "preload/thread_slots.h"

#include "preload/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SLOTS_LEAST 64

static bool slots_map(uint32_t room)
{
    long map = raw6(SYS_mmap, 0, room * sizeof(struct thread_slot), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map < 0 && map > -4096)
        return false;
    preload.slots = (struct thread_slot *)map;
    preload.slot_room = room;
    return true;
}

/* Where mlockall(2) locks whatever is mapped, or the address space is limited, there may be room for a few threads
 * only. Then a quarter of what could be had is taken: the program wants to go on as well. */
bool slots_allocate(void)
{
    uint32_t room = PRELOAD_SLOTS_MAX;

    if (preload.slots != NULL || slots_map(room))
        return true;
    while (room / 4 >= SLOTS_LEAST && !slots_map(room / 4))
        room /= 4;
    if (preload.slots == NULL)
        return slots_map(SLOTS_LEAST);
    if (preload.slot_room / 4 >= SLOTS_LEAST) {
        raw2(SYS_munmap, preload.slots, preload.slot_room * sizeof(struct thread_slot));
        preload.slots = NULL;
        return slots_map(room / 16);
    }
    return true;
}

/* The kernel may give the number of a thread that has ended to a new one. */
static struct thread_slot *slot_find(int tid)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (preload.slots[i].tid == tid && preload.slots[i].state != SLOT_GONE)
            return &preload.slots[i];
    }
    return NULL;
}

/* Behind the others, or in place of a thread that has ended; NULL when there is no room. */
static struct thread_slot *slot_free(void)
{
    if (preload.slot_count < preload.slot_room)
        return &preload.slots[preload.slot_count];
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (preload.slots[i].state == SLOT_GONE)
            return &preload.slots[i];
    }
    return NULL;
}

void slot_signal(struct thread_slot *slot)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    info.si_signo = preload.signal;
    info.si_code = SI_QUEUE;
    info.si_pid = preload.pid;
    info.si_ptr = &preload;
    long error = raw4(SYS_rt_tgsigqueueinfo, preload.pid, slot->tid, preload.signal, &info);
    if (error == -ESRCH)
        slot->state = SLOT_GONE;
    slot->sent = error == 0;
}

static bool slot_add(int tid, int shown)
{
    struct thread_slot *slot = slot_free();

    if (slot == NULL)
        return false;
    memset(slot, 0, sizeof(*slot));
    slot->tid = tid;
    slot->shown = shown;
    slot->ticket = preload.orders;
    task_syscall_note(slot);
    slot->state = SLOT_REQUESTED;
    if (slot == &preload.slots[preload.slot_count])
        __atomic_store_n(&preload.slot_count, preload.slot_count + 1, __ATOMIC_SEQ_CST);
    slot_signal(slot);
    return true;
}

/* A main thread that has ended stays listed until the process ends. */
static bool is_ended_main(int tid)
{
    return preload.main_ended && tid == preload.pid;
}

/* Sends the signal to each thread in a part of the listing that has not had it; adds up those seen. False: no room. */
static bool entries_request(const char *buffer, long size, unsigned *seen, unsigned *added)
{
    for (long at = 0; at < size;) {
        const char *name = buffer + at + 19;
        uint16_t length;
        memcpy(&length, buffer + at + 16, sizeof(length));
        at += length;
        int shown = *name == '.' ? 0 : (int)text_number(&name, 10);
        int tid = shown == 0 ? 0 : task_of_shown(shown);
        *seen += shown != 0;
        if (tid == 0 || tid == preload.checkpoint_tid || is_ended_main(tid) ||
            slot_find(tid) != NULL)
            continue;
        if (!slot_add(tid, shown))
            return false;
        ++*added;
    }
    return true;
}

int slots_request(bool *ret_complete)
{
    char buffer[4096];
    unsigned seen = 0, added = 0;
    struct stat status = {0};
    long got, dir = proc_open("self/task", O_RDONLY | O_DIRECTORY);
    bool room = true;

    if (dir < 0)
        return (int)dir;
    while (room && (got = raw3(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0)
        room = entries_request(buffer, got, &seen, &added);
    raw2(SYS_fstat, dir, &status);
    raw1(SYS_close, dir);
    *ret_complete = seen + 2 >= status.st_nlink;
    return room ? (int)added : -EMFILE;
}

bool slot_is_missing(const struct thread_slot *slot)
{
    uint32_t state = __atomic_load_n(&slot->state, __ATOMIC_SEQ_CST);
    bool live = __atomic_load_n(&slot->live, __ATOMIC_SEQ_CST) != 0;

    return state == SLOT_REQUESTED || (state == SLOT_PARKED && !live);
}

struct thread_slot *slot_missing(void)
{
    for (uint32_t i = 0; i < preload.slot_count; i++) {
        if (slot_is_missing(&preload.slots[i]))
            return &preload.slots[i];
    }
    return NULL;
}
