/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A user's own MAP_GROWSDOWN stack still grows; code that was made at run time still runs; mappings at low and high
 * addresses are where they were. */
#include "testlib.h"
#include <sys/mman.h>

#define PAGE 4096L

static void *map_at(uintptr_t address, int flags)
{
    void *mem = mmap((void *)address, PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags, -1, 0);

    CHECK(mem == (void *)address, "mmap at 0x%lx: %s", (unsigned long)address, strerror(errno));
    return mem;
}

int main(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    char *stack = map_at(0x200000000000, MAP_GROWSDOWN);
    char *low = map_at(0x20000, 0), *high = map_at(0x7f0000000000 - 64 * PAGE, 0);
    unsigned char *jit = map_at(0x300000000000, 0);

    memcpy(jit, code, sizeof(code));
    MUST(mprotect(jit, PAGE, PROT_READ | PROT_EXEC));
    fill(stack, PAGE, 1);
    fill(low, PAGE, 2);
    fill(high, PAGE, 3);
    ready();
    wait_go();
    if (sabotaged())
        low[7]++;
    CHECK(first_wrong(stack, PAGE, 1) < 0, "the stack's content");
    CHECK(first_wrong(low, PAGE, 2) < 0, "low memory");
    CHECK(first_wrong(high, PAGE, 3) < 0, "high memory");
    CHECK(((int (*)(void))(uintptr_t)jit)() == 42, "code made at run time");
    for (long i = 1; i <= 20; i++)
        stack[-i * PAGE] = (char)i; /* ends the program if it does not grow */
    CHECK(stack[-20 * PAGE] == 20, "the stack that has grown");
    pass();
}
