/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Two thousand mappings side by side with different protections, and the order of /proc/self/maps. */
#include "testlib.h"
#include <sys/mman.h>

#define N 2000

static char *area;

/* Counts the mappings of our area with each protection, as the kernel reports them. */
static void count(int *ret_rw, int *ret_r)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512], perms[8];
    unsigned long from, to;

    *ret_rw = *ret_r = 0;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) != 3)
            fail("maps: %s", line);
        if (from < (uintptr_t)area || to > (uintptr_t)area + N * 4096ul)
            continue;
        *ret_rw += perms[1] == 'w';
        *ret_r += perms[1] != 'w';
    }
    fclose(f);
}

int main(void)
{
    int rw, r, rw_after, r_after;

    /* One page before and after stays unmapped, so that no neighbour merges with the area. */
    area = MUST(
        mmap(NULL, (N + 2) * 4096ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MUST(munmap(area, 4096));
    area += 4096;
    MUST(munmap(area + N * 4096ul, 4096));
    for (int i = 0; i < N; i++)
        fill(area + i * 4096ul, 4096, (uint64_t)i);
    for (int i = 0; i < N; i += 2)
        MUST(mprotect(area + i * 4096ul, 4096, PROT_READ));
    count(&rw, &r);
    CHECK(rw == N / 2 && r == N / 2, "%d + %d mappings", rw, r);
    ready();
    wait_go();
    if (sabotaged())
        MUST(mprotect(area, 4096, PROT_READ | PROT_WRITE));
    count(&rw_after, &r_after);
    CHECK(rw == rw_after && r == r_after, "%d + %d mappings became %d + %d", rw, r, rw_after,
          r_after);
    for (int i = 0; i < N; i++)
        CHECK(first_wrong(area + i * 4096ul, 4096, (uint64_t)i) < 0, "page %d", i);
    pass();
}
