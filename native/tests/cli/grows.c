/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `grows FIRST SECOND`: fills so many MiB; once it may go, it fills them again, and so many more. Prints `pass` if all is
 * as it was written. */
#include "testlib.h"

#include <sys/mman.h>

#define MIB 1048576UL

static uint64_t *room_for(size_t size)
{
    uint64_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(words != MAP_FAILED, "no memory");
    return words;
}

static void number(uint64_t *words, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size / 8; i++)
        words[i] = i * seed;
}

static void look(const uint64_t *words, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size / 8; i++)
        CHECK(words[i] == i * seed, "word %zu is %lu", i, (unsigned long)words[i]);
}

int main(int argc, char **argv)
{
    size_t first = argc > 1 ? strtoul(argv[1], NULL, 10) * MIB : MIB;
    size_t second = argc > 2 ? strtoul(argv[2], NULL, 10) * MIB : MIB;
    uint64_t *a = room_for(first);

    number(a, first, 3);
    ready();
    wait_go();
    look(a, first, 3);
    number(a, first, 7);
    uint64_t *b = room_for(second);
    number(b, second, 5);
    look(a, first, 7);
    look(b, second, 5);
    pass();
}
