/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The heap: allocations of all sizes survive, malloc goes on, and the program break is where it was and grows. */
#include "testlib.h"

#define N 2000

static void *block[N];

static size_t size_of(int i)
{
    return (size_t)(i * 37 % 5000 + 1);
}

int main(void)
{
    char *top, *end;

    for (int i = 0; i < N; i++)
        fill(block[i] = malloc(size_of(i)), size_of(i), (uint64_t)i);
    for (int i = 0; i < N; i += 3) {
        free(block[i]);
        block[i] = NULL;
    }
    top = sbrk(4 << 20);
    fill(top, 4 << 20, 77);
    end = sbrk(0);
    ready();
    wait_go();
    if (sabotaged())
        MUST(brk(end + 4096));
    CHECK(sbrk(0) == end, "the break moved from %p to %p", (void *)end, sbrk(0));
    CHECK(first_wrong(top, 4 << 20, 77) < 0, "what sbrk gave");
    CHECK(sbrk(1 << 20) == end, "the heap does not grow in place");
    memset(end, 1, 1 << 20);
    for (int i = 0; i < N; i += 3)
        fill(block[i] = malloc(size_of(i)), size_of(i), (uint64_t)i);
    for (int i = 0; i < N; i++) {
        CHECK(first_wrong(block[i], size_of(i), (uint64_t)i) < 0, "block %d", i);
        free(block[i]);
    }
    pass();
}
