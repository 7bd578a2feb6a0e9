/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory that a bare system call, which no wrapper of madvise(2) sees, has made MADV_DONTFORK, as libraries for RDMA do:
 * its content stays, and it is still not given to children. */
#include "testlib.h"

#include <sys/mman.h>

#define SIZE (64 << 10)

static char *area(uint64_t seed)
{
    char *mem = mmap(NULL, 3 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(mem != MAP_FAILED, "mmap");
    fill(mem, 3 * SIZE, seed);
    MUST(syscall(SYS_madvise, mem + SIZE, SIZE, MADV_DONTFORK));
    return mem + SIZE;
}

static bool child_has(char *mem)
{
    unsigned char resident[SIZE / 4096];
    int status;
    pid_t child = MUST(fork());

    if (child == 0)
        _exit(mincore(mem, SIZE, resident) == 0);
    MUST(waitpid(child, &status, 0));
    return status != 0;
}

int main(void)
{
    char *first = area(1), *second = area(2);

    MUST(mprotect(second, SIZE, PROT_READ));
    ready();
    wait_go();
    if (sabotaged())
        first[5]++;
    CHECK(first_wrong(first - SIZE, 3 * SIZE, 1) < 0, "content of writable memory");
    CHECK(first_wrong(second - SIZE, 3 * SIZE, 2) < 0, "content of memory to be read");
    CHECK(!child_has(first) && !child_has(second), "a child gets it");
    pass();
}
