/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* 256 MiB of memory with a pattern, a part of it rewritten again and again while checkpoints are taken. */
/* @timeout 60 */
#include "testlib.h"
#include <sys/mman.h>

#define SIZE  (256ul << 20)
#define WORDS (SIZE / sizeof(uint64_t))
#define STEP  4099 /* words; touches every page, in another word each time */

static uint64_t *mem;

static uint64_t pattern(uint64_t i)
{
    return (i + 1) * 0x9e3779b97f4a7c15u;
}

int main(void)
{
    uint64_t round = 0, hot = WORDS / 8;

    mem = MUST(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (uint64_t i = 0; i < WORDS; i++)
        mem[i] = pattern(i);
    ready();
    for (; round == 0 || !exists("go"); round++) {
        for (uint64_t i = 0; i < hot; i += STEP)
            mem[i]++;
        moment(false);
    }
    if (sabotaged())
        mem[WORDS - 1]++;
    for (uint64_t i = 0; i < WORDS; i++) {
        uint64_t want = pattern(i) + (i < hot && i % STEP == 0 ? round : 0);

        CHECK(mem[i] == want, "word %lu of round %lu: %lx, not %lx", i, round, mem[i], want);
    }
    pass();
}
