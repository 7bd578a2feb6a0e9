/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process blocked in open() of a FIFO nobody has opened for writing yet. */
#include "testlib.h"

int main(void)
{
    char c = 0;

    MUST(mkfifo("fifo", 0600));
    pid_t pid = MUST(fork());
    if (pid == 0) {
        int fd = MUST(open("fifo", O_RDONLY));

        CHECK(read(fd, &c, 1) == 1 && c == '!', "read '%c'", c);
        _exit(0);
    }
    wait_asleep(pid, pid);
    ready();
    wait_go();
    int fd = MUST(open("fifo", O_WRONLY));
    MUST(write(fd, sabotaged() ? "?" : "!", 1));
    expect_exit(pid, 0);
    pass();
}
