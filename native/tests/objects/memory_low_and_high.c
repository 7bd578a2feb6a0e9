/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Mappings at 64 KiB and in the last pages of the address space stay there and keep their content. */
#include "testlib.h"
#include <sys/mman.h>

#define LOW  ((char *)0x10000)
#define SIZE (16 << 10)

static char *map_at(char *at)
{
    return mmap(at, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                -1, 0);
}

/* The highest place that the kernel's random layout has left free. */
static char *map_high(void)
{
    for (uint64_t at = 0x7fffffffb000 - SIZE / 4; at > 0x7ff000000000; at -= SIZE) {
        char *mem = map_at((char *)at);
        if (mem != MAP_FAILED)
            return mem;
    }
    fail("no room at the top");
}

int main(void)
{
    char *low = map_at(LOW), *high = map_high();
    char *hint = MUST(mmap((void *)(1UL << 55), SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    CHECK(low == LOW, "nothing can be mapped at %p: %s", (void *)LOW, strerror(errno));
    fill(low, SIZE, 1);
    fill(high, SIZE, 2);
    fill(hint, SIZE, 3);
    ready();
    wait_go();
    if (sabotaged())
        low[100] ^= 1;
    CHECK(first_wrong(low, SIZE, 1) < 0, "the low mapping");
    CHECK(first_wrong(high, SIZE, 2) < 0, "the high mapping at %p", (void *)high);
    CHECK(first_wrong(hint, SIZE, 3) < 0, "the mapping with a hint above 47 bits");
    pass();
}
