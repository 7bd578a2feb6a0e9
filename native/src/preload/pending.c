/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Signals that have been sent and not been taken yet, with all they carry, in order. There is no way to look at one
 * without taking it, so each is taken, noted and sent again. The parked threads block every signal and take none. */
#include "preload/preload.h"
#include "preload/text.h"

#include <fcntl.h>
#include <linux/time_types.h>
#include <sys/syscall.h>

#define PROCESS_PENDING_MAX 128

static siginfo_t process_pending[PROCESS_PENDING_MAX];
static uint32_t process_pending_count;

/* Takes one of the signals in set, the calling thread's own before the process's; false if there is none. */
static bool signal_take(unsigned long set, siginfo_t *ret)
{
    struct __kernel_timespec at_once = {0};

    return raw4(SYS_rt_sigtimedwait, &set, ret, &at_once, sizeof(set)) > 0;
}

static unsigned long thread_pending_set(void)
{
    char buffer[2048];
    long fd = raw4(SYS_openat, AT_FDCWD, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC, 0);
    long got = fd < 0 ? fd : raw3(SYS_read, fd, buffer, sizeof(buffer) - 1);

    if (fd >= 0)
        raw1(SYS_close, fd);
    buffer[got > 0 ? got : 0] = 0;
    for (const char *at = buffer; *at != 0; at++) {
        const char *rest = text_after(at, "\nSigPnd:\t");
        if (rest != NULL)
            return text_number(&rest, 16);
    }
    return 0;
}

void thread_pending_restore(const struct thread_slot *slot)
{
    for (uint32_t i = 0; i < slot->pending_count; i++)
        raw4(SYS_rt_tgsigqueueinfo, preload.pid, slot->tid, slot->pending[i].si_signo, &slot->pending[i]);
}

void thread_pending_save(struct thread_slot *slot)
{
    unsigned long set = 0;

    raw2(SYS_rt_sigpending, &set, sizeof(set));
    while (set != 0 && slot->pending_count < SLOT_PENDING_MAX) {
        set = thread_pending_set();
        /* One number at a time: when the thread's own are gone, the process's must not follow. */
        unsigned long lowest = set & -set;
        if (set == 0 || !signal_take(lowest, &slot->pending[slot->pending_count]))
            break;
        slot->pending_count++;
    }
    thread_pending_restore(slot);
}

void process_pending_restore(void)
{
    for (uint32_t i = 0; i < process_pending_count; i++)
        raw3(SYS_rt_sigqueueinfo, preload.pid, process_pending[i].si_signo, &process_pending[i]);
}

void process_pending_save(void)
{
    process_pending_count = 0;
    /* The checkpoint thread has no signals of its own, so these are the process's. */
    while (process_pending_count < PROCESS_PENDING_MAX &&
           signal_take(~0UL, &process_pending[process_pending_count]))
        process_pending_count++;
    process_pending_restore();
}
