/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * loud WRITES: so many writes, each to standard output or standard error, of a few bytes or of more than a pipe holds,
 * about one a millisecond. What is written depends on nothing but their number. */
#include "testlib.h"

#define SIZE_MOST 150000

static char buffer[SIZE_MOST + 32];

int main(int argc, char **argv)
{
    struct timespec pace = {.tv_nsec = 1000000};
    uint64_t state = 1;

    CHECK(argc == 2, "usage: loud WRITES");
    for (long i = 0, count = atol(argv[1]); i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned random = (unsigned)(state >> 33);
        int fd = random % 3 == 0 ? STDERR_FILENO : STDOUT_FILENO;
        size_t want = random % 64 == 1 ? SIZE_MOST : random / 64 % 3000, size = 0;
        for (unsigned n = 0; size <= want; n++)
            size += (size_t)sprintf(buffer + size, "%d %ld %u\n", fd, i, n);
        for (size_t at = 0; at < size;)
            at += (size_t)MUST(write(fd, buffer + at, size - at));
        nanosleep(&pace, NULL);
    }
    return 0;
}
