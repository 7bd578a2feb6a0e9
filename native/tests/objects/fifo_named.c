/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A named FIFO between two processes, with bytes in it, and opened again by name after the restart. */
#include "testlib.h"

int main(void)
{
    char in[16] = "";
    struct stat by_name, by_fd;

    MUST(mkfifo("fifo", 0600));
    pid_t pid = MUST(fork());
    if (pid == 0) {
        int fd = MUST(open("fifo", O_WRONLY));

        MUST(write(fd, "before ", 7));
        ready();
        wait_go();
        MUST(write(fd, "after", 5));
        _exit(0);
    }
    int fd = MUST(open("fifo", O_RDONLY));
    wait_go();
    if (sabotaged())
        MUST(read(fd, in, 1));
    expect_exit(pid, 0);
    ssize_t n = read(fd, in, sizeof(in));
    CHECK(n == 12 && strcmp(in, "before after") == 0, "got '%s'", in);
    CHECK(read(fd, in, 1) == 0, "no end of file");
    MUST(stat("fifo", &by_name));
    MUST(fstat(fd, &by_fd));
    CHECK(by_name.st_ino == by_fd.st_ino && S_ISFIFO(by_fd.st_mode), "not the FIFO of that name");
    int again = MUST(open("fifo", O_RDWR | O_NONBLOCK));
    MUST(write(again, "new", 3));
    CHECK(read(fd, in, sizeof(in)) == 3, "a writer that opened it by name is another FIFO");
    pass();
}
