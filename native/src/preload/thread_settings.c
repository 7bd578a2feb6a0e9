/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What prctl(2), arch_prctl(2) and personality(2) set for a single thread and no other file here owns. A setting that
 * the host of a restart does not have is let be. */
#include "preload/preload.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif
#ifndef PR_GET_SPECULATION_CTRL
#define PR_GET_SPECULATION_CTRL 52
#define PR_SET_SPECULATION_CTRL 53
#endif
#define SPECULATION_IS_OURS 1 /* PR_SPEC_PRCTL: may be set for a thread */
#define ARCH_GET_CPUID      0x1011
#define ARCH_SET_CPUID      0x1012
#define PERSONALITY_ASK     0xffffffffUL

void thread_settings_save(struct thread_settings *to)
{
    to->personality = (int32_t)raw1(SYS_personality, PERSONALITY_ASK);
    if (raw2(SYS_prctl, PR_GET_TSC, &to->time_stamp_counter) < 0)
        to->time_stamp_counter = -1;
    to->cpuid = (int32_t)raw2(SYS_arch_prctl, ARCH_GET_CPUID, 0);
    to->machine_check = (int32_t)raw5(SYS_prctl, PR_MCE_KILL_GET, 0, 0, 0, 0);
    to->io_flusher = (int32_t)raw5(SYS_prctl, PR_GET_IO_FLUSHER, 0, 0, 0, 0);
    for (int i = 0; i < THREAD_SPECULATIONS; i++)
        to->speculation[i] = (int32_t)raw5(SYS_prctl, PR_GET_SPECULATION_CTRL, i, 0, 0, 0);
}

void thread_settings_restore(const struct thread_settings *from)
{
    struct thread_settings now;

    thread_settings_save(&now);
    if (from->personality != now.personality)
        raw1(SYS_personality, from->personality);
    if (from->machine_check >= 0 && from->machine_check != now.machine_check)
        raw5(SYS_prctl, PR_MCE_KILL, PR_MCE_KILL_SET, from->machine_check, 0, 0);
    if (from->io_flusher >= 0 && from->io_flusher != now.io_flusher)
        raw5(SYS_prctl, PR_SET_IO_FLUSHER, from->io_flusher, 0, 0, 0);
    for (int i = 0; i < THREAD_SPECULATIONS; i++) {
        int32_t wanted = from->speculation[i];
        if (wanted != now.speculation[i] && wanted > 0 && (wanted & SPECULATION_IS_OURS) != 0)
            raw5(SYS_prctl, PR_SET_SPECULATION_CTRL, i, wanted & ~SPECULATION_IS_OURS, 0, 0);
    }
    if (from->cpuid >= 0 && from->cpuid != now.cpuid)
        raw2(SYS_arch_prctl, ARCH_SET_CPUID, from->cpuid);
    if (from->time_stamp_counter > 0 && from->time_stamp_counter != now.time_stamp_counter)
        raw2(SYS_prctl, PR_SET_TSC, from->time_stamp_counter);
}
