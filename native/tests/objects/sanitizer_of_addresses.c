/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A program built with -fsanitize=address, whose library wants to come before any other: it starts, goes on, and still
 * knows what it may not touch. */
#include "testlib.h"
#include <sanitizer/asan_interface.h>

#define BLOCKS 200

int main(void)
{
    static char *blocks[BLOCKS];

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(i + 1);
        memset(blocks[i], (int)i, i + 1);
    }
    ready();
    wait_go();
    if (sabotaged())
        blocks[150][7]++;
    for (size_t i = 0; i < BLOCKS; i++) {
        CHECK(__asan_address_is_poisoned(blocks[i] + i + 1), "behind block %zu may be written", i);
        CHECK(!__asan_address_is_poisoned(blocks[i] + i), "block %zu may not be written", i);
        for (size_t at = 0; at <= i; at++)
            CHECK(blocks[i][at] == (char)i, "block %zu is different at %zu", i, at);
        void *volatile gone = blocks[i];
        free(blocks[i]);
        CHECK(__asan_address_is_poisoned(gone), "block %zu may be written when it is gone", i);
    }
    pass();
}
