/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Shared memory that every process maps in another way: whole, without its middle, from its middle on, read-only, not
 * at all accessible, twice. What a process wrote that has ended is there as well. */
#include "testlib.h"
#include <sys/mman.h>

#define PART (64 << 10)
#define SIZE (4 * PART)

static char *shared; /* 4 parts, then 4 bytes of results on a page of its own */

static int wait_and_write(int number, char *at)
{
    wait_go();
    while (shared[SIZE] != number)
        moment(false);
    if (at != NULL)
        at[0] = (char)('a' + number);
    __atomic_store_n(&shared[SIZE], (char)(number + 1), __ATOMIC_SEQ_CST);
    _exit(0);
}

/* The fork of a fork, with the last part at another address and the whole read-only. */
static void grandchild(void)
{
    char *moved = MUST(mmap(NULL, PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    moved = mremap(shared + 3 * PART, PART, PART, MREMAP_MAYMOVE | MREMAP_FIXED, moved);
    CHECK(moved != MAP_FAILED, "mremap");
    MUST(mprotect(shared, 2 * PART, PROT_READ));
    MUST(munmap(shared + 2 * PART, PART));
    wait_and_write(1, moved + 1);
}

int main(void)
{
    pid_t pid[2];

    shared =
        MUST(mmap(NULL, SIZE + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pid_t writer = MUST(fork());
    if (writer == 0) { /* nobody else ever touches these pages before the checkpoint */
        fill(shared, SIZE, 9);
        _exit(0);
    }
    expect_exit(writer, 0);
    for (int i = 0; i < 2; i++) {
        pid[i] = MUST(fork());
        if (pid[i] != 0)
            continue;
        if (i == 1) {
            pid_t inner = MUST(fork());
            if (inner == 0)
                grandchild();
            expect_exit(inner, 0);
            _exit(0);
        }
        MUST(munmap(shared + PART, PART));
        MUST(mprotect(shared, PART, PROT_NONE));
        wait_and_write(0, shared + 3 * PART);
    }
    char *twice = mremap(shared, 0, SIZE, MREMAP_MAYMOVE);
    CHECK(twice != MAP_FAILED, "mremap of 0 bytes");
    MUST(munmap(shared, PART)); /* the first part is left in the copy and in the children */
    ready();
    wait_go();
    if (sabotaged())
        twice[PART + 5] ^= 1;
    while (__atomic_load_n(&shared[SIZE], __ATOMIC_SEQ_CST) < 2)
        moment(false);
    for (int i = 0; i < 2; i++)
        expect_exit(pid[i], 0);
    CHECK(twice[3 * PART] == 'a' && twice[3 * PART + 1] == 'b', "no longer one memory");
    CHECK(shared[3 * PART] == 'a', "the two mappings are no longer of one memory");
    CHECK(first_wrong(twice, 3 * PART, 9) < 0, "byte %ld", first_wrong(twice, 3 * PART, 9));
    pass();
}
