/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_FUTEX_H
#define CKPT_PRELOAD_FUTEX_H

#include "arch/x86_64/raw.h"

#include <limits.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

/* Waits while *word has that value; timeout_ns 0: for ever. May return early. */
static inline void futex_wait(volatile uint32_t *word, uint32_t value, long timeout_ns)
{
    struct __kernel_timespec timeout = {.tv_nsec = timeout_ns};

    raw4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout_ns > 0 ? &timeout : NULL);
}

static inline void futex_wake(volatile uint32_t *word)
{
    raw3(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

static inline void futex_add(volatile uint32_t *word)
{
    __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
    futex_wake(word);
}

static inline uint64_t now_ns(void)
{
    struct timespec now;

    raw2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

#endif
