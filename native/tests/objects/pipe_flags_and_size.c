/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Flags of both ends, FD_CLOEXEC and the size of a pipe that is full to the last byte. */
#include "testlib.h"

static void expect(int fd, int flags, int cloexec)
{
    int fl = MUST(fcntl(fd, F_GETFL));

    CHECK((fl & (O_ACCMODE | O_NONBLOCK)) == flags, "descriptor %d has flags 0%o", fd, fl);
    CHECK(fcntl(fd, F_GETFD) == cloexec, "descriptor %d has FD flags %d", fd, fcntl(fd, F_GETFD));
}

static size_t write_until_full(int fd)
{
    char block[4096];
    size_t total = 0;
    ssize_t n;

    fill(block, sizeof(block), 3);
    while ((n = write(fd, block, sizeof(block))) > 0)
        total += (size_t)n;
    CHECK(errno == EAGAIN, "write: %s", strerror(errno));
    return total;
}

int main(void)
{
    static char in[1 << 18];
    int small[2], large[2];
    size_t in_small, in_large, got = 0;
    ssize_t n;

    MUST(pipe2(small, O_NONBLOCK));
    MUST(pipe2(large, O_CLOEXEC));
    MUST(fcntl(small[1], F_SETPIPE_SZ, 4096));
    int size = MUST(fcntl(large[1], F_SETPIPE_SZ, 1 << 18));
    MUST(fcntl(large[1], F_SETFL, O_NONBLOCK));
    in_small = write_until_full(small[1]);
    in_large = write_until_full(large[1]);
    ready();
    wait_go();
    if (sabotaged())
        MUST(fcntl(small[0], F_SETFL, 0));
    expect(small[0], O_RDONLY | O_NONBLOCK, 0);
    expect(small[1], O_WRONLY | O_NONBLOCK, 0);
    expect(large[0], O_RDONLY, FD_CLOEXEC);
    expect(large[1], O_WRONLY | O_NONBLOCK, FD_CLOEXEC);
    CHECK(fcntl(small[0], F_GETPIPE_SZ) == 4096, "size of the small pipe");
    CHECK(fcntl(large[0], F_GETPIPE_SZ) == size, "size of the large pipe");
    CHECK(write(small[1], "x", 1) == -1 && errno == EAGAIN, "the small pipe is no longer full");
    CHECK(read(small[0], in, sizeof(in)) == (ssize_t)in_small, "content of the small pipe");
    MUST(close(large[1]));
    while ((n = read(large[0], in, sizeof(in))) > 0)
        got += (size_t)n;
    CHECK(n == 0 && got == in_large, "got %zu of %zu bytes", got, in_large);
    pass();
}
