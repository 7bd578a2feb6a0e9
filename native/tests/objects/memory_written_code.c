/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Code that the program has written itself runs on: in a page made executable, in one that is writable as well, and
 * through the second, executable mapping of a memfd. It can be written anew afterwards. */
#include "testlib.h"
#include <sys/mman.h>

typedef int (*function)(void);

static void write_code(char *at, int result)
{
    memcpy(at, "\xb8\0\0\0\0\xc3", 6); /* mov $result, %eax; ret */
    memcpy(at + 1, &result, sizeof(result));
    __builtin___clear_cache(at, at + 6);
}

static int run(const char *code)
{
    return ((function)(uintptr_t)code)();
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE, fd = MUST(memfd_create("code", MFD_CLOEXEC));
    char *once = MUST(mmap(NULL, 4096, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char *open_page = MUST(mmap(NULL, 4096, both | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    MUST(ftruncate(fd, 8192));
    char *writable = MUST(mmap(NULL, 8192, both, MAP_SHARED, fd, 0));
    char *executable = MUST(mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0));
    close(fd);
    write_code(once, 1);
    MUST(mprotect(once, 4096, PROT_READ | PROT_EXEC));
    write_code(open_page, 2);
    write_code(writable + 4096, 3);
    ready();
    wait_go();
    if (sabotaged())
        write_code(writable + 4096, 33);
    CHECK(run(once) == 1, "the page made executable");
    CHECK(run(open_page) == 2, "the writable and executable page");
    CHECK(run(executable + 4096) == 3, "the second mapping");
    write_code(open_page, 5);
    write_code(writable + 4096, 6);
    CHECK(run(open_page) == 5 && run(executable + 4096) == 6, "new code does not run");
    MUST(mprotect(once, 4096, both));
    write_code(once, 4);
    MUST(mprotect(once, 4096, PROT_READ | PROT_EXEC));
    CHECK(run(once) == 4, "new code does not run in the page made executable");
    pass();
}
