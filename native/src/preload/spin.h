/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_SPIN_H
#define CKPT_PRELOAD_SPIN_H

#include "arch/x86_64/raw.h"

#include <stdint.h>
#include <sys/syscall.h>

/* A lock for a few instructions: 0 is free. After fork the child sets it to that itself. */
static inline void spin_lock(volatile uint32_t *busy)
{
    while (__atomic_exchange_n(busy, 1, __ATOMIC_ACQUIRE) != 0)
        raw0(SYS_sched_yield);
}

static inline void spin_unlock(volatile uint32_t *busy)
{
    __atomic_store_n(busy, 0, __ATOMIC_RELEASE);
}

#endif
