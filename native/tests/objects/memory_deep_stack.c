/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A stack of 5 MiB grown by recursion unwinds right, and grows further after the restart. */
#include "testlib.h"

#define FRAME 4096

/* Not inlined, to keep the frames small. */
static void __attribute__((noinline)) wait_here(void)
{
    ready();
    wait_go();
}

static int __attribute__((noinline)) down(int depth, int turn)
{
    char local[FRAME];
    int sum;

    fill(local, sizeof(local), (uint64_t)depth);
    if (depth == turn) {
        wait_here();
        sum = down(depth + 1, -1);
    } else if (turn == -1 && depth == 1400) {
        sum = 0;
    } else {
        sum = down(depth + 1, turn);
    }
    if (sabotaged() && depth == 700)
        local[9] ^= 1;
    CHECK(first_wrong(local, sizeof(local), (uint64_t)depth) < 0, "frame %d changed", depth);
    return sum + 1;
}

int main(void)
{
    CHECK(down(0, 1200) == 1401, "wrong number of frames");
    pass();
}
