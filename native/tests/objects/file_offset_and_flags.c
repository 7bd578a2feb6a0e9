/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Open files keep offset, access mode, flags, FD_CLOEXEC and number, also after rename. */
#include "testlib.h"

static int open_at(const char *name, int flags, int number, off_t offset)
{
    int fd = MUST(open(name, flags | O_CREAT, 0600));

    MUST(flags & O_CLOEXEC ? dup3(fd, number, O_CLOEXEC) : dup2(fd, number));
    close(fd);
    MUST(lseek(number, offset, SEEK_SET));
    return number;
}

static void expect(int fd, int flags, int cloexec, off_t offset)
{
    int fl = MUST(fcntl(fd, F_GETFL));

    CHECK((fl & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC)) == flags, "flags of %d: 0%o", fd,
          fl);
    CHECK(fcntl(fd, F_GETFD) == cloexec, "FD flags of %d", fd);
    CHECK(lseek(fd, 0, SEEK_CUR) == offset, "offset of %d: %ld", fd, (long)lseek(fd, 0, SEEK_CUR));
}

int main(void)
{
    char c[4] = "";
    int a = open_at("a", O_RDWR, 20, 0);

    MUST(write(a, "0123456789", 10));
    MUST(lseek(a, 3, SEEK_SET));
    int b = open_at("a", O_RDONLY | O_CLOEXEC, 21, 7);
    int w = open_at("b", O_WRONLY | O_APPEND, 22, 0);
    int far = open_at("c", O_RDWR | O_DSYNC | O_NONBLOCK, 1000, 5000000000);
    MUST(rename("a", "renamed"));
    ready();
    wait_go();
    if (sabotaged())
        MUST(lseek(b, 8, SEEK_SET));
    expect(a, O_RDWR, 0, 3);
    expect(b, O_RDONLY, FD_CLOEXEC, 7);
    expect(w, O_WRONLY | O_APPEND, 0, 0);
    expect(far, O_RDWR | O_NONBLOCK | O_DSYNC, 0, 5000000000);
    CHECK(read(a, c, 3) == 3 && strcmp(c, "345") == 0, "read '%s' at 3", c);
    CHECK(read(b, c, 3) == 3 && strcmp(c, "789") == 0, "read '%s' at 7", c);
    CHECK(read(0, c, 1) == 0, "standard input is not empty");
    pass();
}
