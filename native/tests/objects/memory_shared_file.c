/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A shared mapping of a file: stores reach the file, another process sees them, after the restart as before. */
#include "testlib.h"
#include <sys/mman.h>

#define SIZE 65536

int main(void)
{
    char back[16] = "";
    int fd = MUST(open("mapped", O_RDWR | O_CREAT, 0600));

    MUST(ftruncate(fd, SIZE));
    char *p = MUST(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    memcpy(p + 100, "before", 6);
    pid_t pid = MUST(fork());
    if (pid == 0) {
        wait_for("second", false);
        CHECK(memcmp(p + 5000, "after", 5) == 0, "the child does not see the parent's store");
        memcpy(p + 9000, "child", 5);
        _exit(0);
    }
    ready();
    wait_go();
    CHECK(memcmp(p + 100, "before", 6) == 0, "what was stored before");
    memcpy(p + 5000, sabotaged() ? "other" : "after", 5);
    touch("second");
    expect_exit(pid, 0);
    CHECK(memcmp(p + 9000, "child", 5) == 0, "the parent does not see the child's store");
    int again = MUST(open("mapped", O_RDONLY));
    MUST(pread(again, back, 5, 5000));
    CHECK(strcmp(back, "after") == 0, "the file of that name holds '%s'", back);
    MUST(pread(fd, back, 6, 100));
    CHECK(strcmp(back, "before") == 0, "the open file holds '%s'", back);
    pass();
}
