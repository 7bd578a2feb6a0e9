/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Nearly as many mappings as the kernel allows one process by default. */
/* @timeout 60 */
#include "testlib.h"
#include <sys/mman.h>

#define PAGE  4096ul
#define N     60000ul
#define WORDS (PAGE / sizeof(uint64_t))

static long mappings_count(void)
{
    FILE *file = fopen("/proc/self/maps", "re");
    long lines = 0;

    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    fclose(file);
    return lines;
}

/* Every second page is read-only, every sixteenth has been written. */
int main(void)
{
    uint64_t *area =
        MUST(mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    for (size_t i = 0; i < N; i += 16)
        area[i * WORDS + i % WORDS] = i + 1;
    for (size_t i = 0; i < N; i += 2)
        MUST(mprotect(area + i * WORDS, PAGE, PROT_READ));
    long before = mappings_count();
    CHECK(before >= (long)N, "only %ld mappings", before);
    ready();
    wait_go();
    if (sabotaged())
        MUST(mprotect(area, 64 * PAGE, PROT_READ | PROT_WRITE));
    long after = mappings_count();

    /* A restart gives the library a few of its own. */
    CHECK(labs(after - before) < 20, "%ld mappings became %ld", before, after);
    for (size_t i = 0; i < N; i++) {
        uint64_t want = i % 16 == 0 ? i + 1 : 0;
        CHECK(area[i * WORDS + i % WORDS] == want, "page %zu", i);
    }
    for (size_t i = 1; i < N; i += 2)
        area[i * WORDS] = i;
    pass();
}
