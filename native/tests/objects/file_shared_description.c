/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Descriptors that share one open description by dup and fork share it after the restart; others do not. */
#include "testlib.h"

int main(void)
{
    int fd = MUST(open("f", O_RDWR | O_CREAT, 0600)), other = MUST(open("f", O_RDWR));
    int copy = MUST(dup(fd));
    pid_t pid;

    MUST(ftruncate(fd, 1000));
    MUST(lseek(fd, 100, SEEK_SET));
    pid = MUST(fork());
    if (pid == 0) {
        wait_for("moved", false);
        CHECK(lseek(fd, 0, SEEK_CUR) == 200, "the child sees %ld", (long)lseek(fd, 0, SEEK_CUR));
        CHECK(fcntl(copy, F_GETFL) & O_APPEND, "the child does not see the flag");
        MUST(lseek(fd, 300, SEEK_SET));
        _exit(0);
    }
    ready();
    wait_go();
    CHECK(lseek(copy, 0, SEEK_CUR) == 100, "offset before: %ld", (long)lseek(copy, 0, SEEK_CUR));
    MUST(lseek(sabotaged() ? other : copy, 200, SEEK_SET));
    MUST(fcntl(copy, F_SETFL, O_APPEND));
    touch("moved");
    expect_exit(pid, 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 300, "the child's move: %ld", (long)lseek(fd, 0, SEEK_CUR));
    CHECK(lseek(other, 0, SEEK_CUR) == 0, "the other description moved too");
    pass();
}
