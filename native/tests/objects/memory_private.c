/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Private anonymous memory at its address, written, untouched and read-only, copied by a child. */
#include "testlib.h"
#include <sys/mman.h>

#define SIZE (3 << 20)

static char *map(void)
{
    return MUST(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

int main(void)
{
    char *written = map(), *untouched = map(), *sparse = map(), *readonly = map();

    fill(written, SIZE, 1);
    fill(readonly, SIZE, 2);
    sparse[SIZE / 2] = 7;
    MUST(mprotect(readonly, SIZE, PROT_READ));
    pid_t pid = MUST(fork());
    if (pid == 0) {
        written[100] = 'c';
        touch("child_is_ready");
        wait_go();
        CHECK(written[100] == 'c', "the child's page is the parent's");
        CHECK(first_wrong(written + 4096, SIZE - 4096, 1) != -1, "the pattern does not vary");
        _exit(0);
    }
    wait_for("child_is_ready", false);
    ready();
    wait_go();
    if (sabotaged())
        written[SIZE - 1] ^= 1;
    CHECK(first_wrong(written, SIZE, 1) < 0, "byte %ld changed", first_wrong(written, SIZE, 1));
    CHECK(first_wrong(readonly, SIZE, 2) < 0, "read-only byte %ld", first_wrong(readonly, SIZE, 2));
    for (long i = 0; i < SIZE; i++) {
        CHECK(untouched[i] == 0, "untouched byte %ld is %d", i, untouched[i]);
        CHECK(sparse[i] == (i == SIZE / 2 ? 7 : 0), "sparse byte %ld is %d", i, sparse[i]);
    }
    expect_exit(pid, 0);
    MUST(mprotect(readonly, SIZE, PROT_READ | PROT_WRITE));
    readonly[5] = 1;
    MUST(munmap(sparse, SIZE));
    pass();
}
