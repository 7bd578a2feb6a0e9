/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Guard pages still fault, read-only pages refuse stores, executable pages run, and the maps look the same. */
#include "testlib.h"
#include "touching.h"
#include <sys/mman.h>

int main(void)
{
    char *p =
        MUST(mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    int (*code)(void) = (int (*)(void))(uintptr_t)(p + 5 * 4096);

    signal(SIGSEGV, touching_failed);
    memset(p, 'x', 5 * 4096);
    memcpy(p + 5 * 4096, "\xb8\x2a\x00\x00\x00\xc3", 6); /* mov $42, %eax; ret */
    MUST(mprotect(p + 5 * 4096, 4096, PROT_READ | PROT_EXEC));
    MUST(mprotect(p, 4096, PROT_NONE));
    MUST(mprotect(p + 2 * 4096, 4096, PROT_READ));
    MUST(munmap(p + 4 * 4096, 4096));
    ready();
    wait_go();
    if (sabotaged())
        MUST(mprotect(p, 4096, PROT_READ));
    CHECK(touching(p) == SIGSEGV, "the guard page can be read");
    CHECK(writing(p + 4096) == 0, "the page after it can't be written");
    CHECK(touching(p + 2 * 4096) == 0, "the read-only page can't be read");
    CHECK(writing(p + 2 * 4096) == SIGSEGV, "the read-only page can be written");
    CHECK(writing(p + 3 * 4096) == 0, "the page after that");
    CHECK(touching(p + 4 * 4096) == SIGSEGV, "a hole is mapped");
    CHECK(writing(p + 5 * 4096) == SIGSEGV, "code can be written");
    CHECK(code() == 42, "code does not run");
    MUST(mprotect(p, 4096, PROT_READ | PROT_WRITE));
    CHECK(*p == 'x', "what lay in the guard page is gone");
    pass();
}
