/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_PAGES_H
#define CKPT_PRELOAD_PAGES_H

#include "arch/x86_64/raw.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Memory of its own, zeroed, for as long as it is not unmapped; NULL: there is none. */
static inline void *pages_new(size_t size)
{
    long at =
        raw6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at < 0 && at > -4096 ? NULL : (void *)at;
}

#endif
