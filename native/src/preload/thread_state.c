/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What the kernel knows of a thread besides its signal frame: thread-local storage, robust futexes, the word it clears
 * at the thread's end, restartable sequences, name. Each thread saves and restores its own. */
#include "preload/preload.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#define ARCH_SET_GS 0x1001
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif
#ifndef SYS_rseq
#define SYS_rseq 334
#endif
#define RSEQ_SIGNATURE 0x53053053 /* glibc's and everybody's on x86 */
#define RSEQ_UNIT      32

/* glibc registers an area of each thread at a fixed distance from its thread pointer, and says so. */
static const int64_t *rseq_offset;
static const uint32_t *rseq_size;
static bool rseq_looked;

static void rseq_find(void)
{
    if (__atomic_load_n(&rseq_looked, __ATOMIC_ACQUIRE))
        return;
    rseq_offset = next_symbol("__rseq_offset");
    rseq_size = next_symbol("__rseq_size");
    __atomic_store_n(&rseq_looked, true, __ATOMIC_RELEASE);
}

/* libc says how much of the area means something to it; what it registers is whole units. */
static uint32_t rseq_length(void)
{
    return *rseq_size <= RSEQ_UNIT ? RSEQ_UNIT : (*rseq_size + RSEQ_UNIT - 1) & ~(RSEQ_UNIT - 1U);
}

static uint64_t rseq_area(uint64_t thread_pointer)
{
    rseq_find();
    if (rseq_offset == NULL || rseq_size == NULL || *rseq_size == 0)
        return 0;
    uint64_t area = thread_pointer + (uint64_t)*rseq_offset;
    int32_t cpu_id = *(const volatile int32_t *)(area + 4);

    return cpu_id >= 0 ? area : 0; /* negative: not registered, or refused */
}

void thread_state_save(struct thread_slot *slot)
{
    raw2(SYS_arch_prctl, ARCH_GET_FS, &slot->context.fs_base);
    raw2(SYS_arch_prctl, ARCH_GET_GS, &slot->context.gs_base);
    raw3(SYS_get_robust_list, 0, &slot->robust_head, &slot->robust_size);
    if (raw2(SYS_prctl, PR_GET_TID_ADDRESS, &slot->clear_tid) < 0)
        slot->clear_tid = 0;
    slot->rseq = rseq_area(slot->context.fs_base);
    raw2(SYS_prctl, PR_GET_NAME, slot->name);
    if (raw2(SYS_prctl, PR_GET_PDEATHSIG, &slot->death_signal) < 0)
        slot->death_signal = 0;
    thread_scheduling_save(&slot->scheduling);
    thread_settings_save(&slot->settings);
    thread_credentials_save(&slot->credentials);
}

/* Late: new capabilities drop it, and main threads that have ended do so again in the meantime. */
void thread_death_signal_restore(const struct thread_slot *slot)
{
    if (slot->death_signal > 0)
        raw2(SYS_prctl, PR_SET_PDEATHSIG, slot->death_signal);
}

void thread_state_restore(struct thread_slot *slot)
{
    if (slot->context.gs_base != 0)
        raw2(SYS_arch_prctl, ARCH_SET_GS, slot->context.gs_base);
    if (slot->robust_size > 0)
        raw2(SYS_set_robust_list, slot->robust_head, slot->robust_size);
    raw1(SYS_set_tid_address, slot->clear_tid);
    if (slot->rseq != 0)
        raw4(SYS_rseq, slot->rseq, rseq_length(), 0, RSEQ_SIGNATURE);
    raw2(SYS_prctl, PR_SET_NAME, slot->name);
    thread_scheduling_restore(&slot->scheduling);
    thread_settings_restore(&slot->settings);
    thread_credentials_restore(&slot->credentials);
}
