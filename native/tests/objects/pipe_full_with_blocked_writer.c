/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A full pipe whose writer is blocked in write(): no byte is lost, none comes twice. */
#include "testlib.h"

#define SIZE (300 * 1000)

static void writer(int fd, const char *data)
{
    ssize_t n = write(fd, data, SIZE);

    CHECK(n == SIZE, "write gave %zd of %d: %s", n, SIZE, strerror(errno));
    _exit(0);
}

int main(void)
{
    static char out[SIZE], in[SIZE];
    size_t got = 0;
    ssize_t n;
    int p[2];

    MUST(pipe(p));
    fill(out, sizeof(out), 2);
    pid_t pid = MUST(fork());
    if (pid == 0) {
        close(p[0]);
        writer(p[1], out);
    }
    MUST(close(p[1]));
    wait_asleep(pid, pid);
    ready();
    wait_go();
    if (sabotaged())
        MUST(read(p[0], in, 1));
    while ((n = read(p[0], in + got, sizeof(in) - got)) > 0)
        got += (size_t)n;
    CHECK(n == 0 && got == SIZE, "got %zu of %d bytes", got, SIZE);
    CHECK(first_wrong(in, SIZE, 2) < 0, "byte %ld is wrong", first_wrong(in, SIZE, 2));
    expect_exit(pid, 0);
    pass();
}
