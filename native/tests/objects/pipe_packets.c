/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Packets in a pipe (O_DIRECT) stay apart, one alone as well as many, and those of a writer that has gone; vmsplice and
 * tee put bytes into others, and a splice that waits goes on. */
#include "testlib.h"

#include <sys/uio.h>

static void packet(int fd, size_t size, uint64_t seed)
{
    char bytes[4096];

    fill(bytes, size, seed);
    CHECK(write(fd, bytes, size) == (ssize_t)size, "write: %s", strerror(errno));
}

static void expect(int fd, size_t size, uint64_t seed)
{
    char bytes[8192];
    ssize_t got = read(fd, bytes, sizeof(bytes));

    CHECK(got == (ssize_t)size, "a packet of %zd bytes, not %zu", got, size);
    CHECK(first_wrong(bytes, size, seed) < 0, "its bytes are wrong");
}

int main(void)
{
    int many[2], one[2], from[2], to[2], gift[2];
    static char page[8192];
    char byte;

    MUST(pipe2(many, O_DIRECT));
    MUST(pipe2(one, O_DIRECT));
    MUST(pipe(from));
    MUST(pipe(to));
    MUST(pipe(gift));
    for (size_t i = 1; i <= 10; i++)
        packet(many[1], i * 400, i);
    close(many[1]);
    packet(one[1], 100, 50);
    fill(page, sizeof(page), 3);
    struct iovec part = {.iov_base = page, .iov_len = sizeof(page)};
    CHECK(vmsplice(gift[1], &part, 1, 0) == sizeof(page), "vmsplice: %s", strerror(errno));
    CHECK(tee(gift[0], to[1], 1000, 0) == 1000, "tee: %s", strerror(errno));
    pid_t child = MUST(fork());
    if (child == 0) {
        ssize_t moved = splice(from[0], NULL, to[1], NULL, 100, 0);
        _exit(moved == 3 ? 0 : 1);
    }
    wait_asleep(child, child);
    ready();
    wait_go();
    if (sabotaged())
        MUST(read(many[0], &byte, 1));
    for (size_t i = 1; i <= 10; i++)
        expect(many[0], i * 400, i);
    CHECK(read(many[0], &byte, 1) == 0, "no end behind the packets");
    packet(one[1], 200, 51);
    expect(one[0], 100, 50);
    expect(one[0], 200, 51);
    CHECK(read(gift[0], page, sizeof(page)) == sizeof(page), "what was spliced from memory");
    CHECK(first_wrong(page, sizeof(page), 3) < 0, "its bytes are wrong");
    MUST(write(from[1], "abc", 3));
    expect_exit(child, 0);
    CHECK(read(to[0], page, sizeof(page)) == 1003, "what tee and splice have put there");
    CHECK(first_wrong(page, 1000, 3) < 0 && memcmp(page + 1000, "abc", 3) == 0, "its bytes");
    pass();
}
