/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* xxh3 BLOCK: prints the checksum of standard input as manifests have it, for tests that alter an image on purpose; block by block
 * unless BLOCK is 0. */
#define XXH_INLINE_ALL
#include "testlib.h"
#include <xxhash.h>

int main(int argc, char **argv)
{
    static XXH3_state_t state __attribute__((aligned(64)));
    size_t block = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, size = block ? block : 65536;
    unsigned char *buffer = malloc(size);
    size_t got;

    XXH3_64bits_reset(&state);
    while ((got = fread(buffer, 1, size, stdin)) > 0) {
        uint64_t sum =
            block ? XXH3_64bits(buffer, got) : 0; /* x86-64 is little-endian, as manifests are */
        XXH3_64bits_update(&state, block ? (void *)&sum : buffer, block ? sizeof(sum) : got);
    }
    CHECK(!ferror(stdin), "read");
    printf("%016llx\n", (unsigned long long)XXH3_64bits_digest(&state));
    return 0;
}
