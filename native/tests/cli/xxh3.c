/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Prints the checksum of standard input as manifests have it, for tests that alter an image on purpose. */
#define XXH_INLINE_ALL
#include <stdio.h>
#include <unistd.h>
#include <xxhash.h>

int main(void)
{
    static XXH3_state_t state __attribute__((aligned(64)));
    static char buffer[65536];
    ssize_t got;

    XXH3_64bits_reset(&state);
    while ((got = read(0, buffer, sizeof(buffer))) > 0)
        XXH3_64bits_update(&state, buffer, (size_t)got);
    printf("%016llx\n", (unsigned long long)XXH3_64bits_digest(&state));
    return got < 0;
}
