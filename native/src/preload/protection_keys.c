/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Which memory protection keys the program has allocated. The kernel tells nobody: all that are free are taken for a
 * moment, and the others are the program's. The checkpoint thread calls both while nobody else can ask for one. What the
 * keys forbid is in each thread's registers. */
#include "preload/preload.h"

#include <sys/syscall.h>

#ifndef SYS_pkey_alloc
#define SYS_pkey_alloc 330
#define SYS_pkey_free  331
#endif

#define KEYS     16 /* of x86; the first is everybody's */
#define ALL_KEYS ((1U << KEYS) - 2)

static uint32_t allocated; /* a bit for each */

static uint32_t free_ones_take(void)
{
    uint32_t taken = 0;

    for (long key; (key = raw2(SYS_pkey_alloc, 0, 0)) > 0 && key < KEYS;)
        taken |= 1U << key;
    return taken;
}

static void give_back(uint32_t keys)
{
    for (int key = 1; key < KEYS; key++) {
        if ((keys >> key & 1) != 0)
            raw1(SYS_pkey_free, key);
    }
}

void protection_keys_save(void)
{
    uint32_t free_ones = free_ones_take();

    give_back(free_ones);
    allocated = arch_has_protection_keys() ? ALL_KEYS & ~free_ones : 0;
}

/* The restorer has taken all, if memory has keys. */
void protection_keys_restore(void)
{
    free_ones_take();
    give_back(ALL_KEYS & ~allocated);
}
