/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Bytes that lie in a pipe are there once, in order, and the pipe is still a FIFO. */
#include "testlib.h"
#include <sys/ioctl.h>

#define SIZE 5000

int main(void)
{
    static char out[SIZE], in[SIZE + 1];
    int p[2], queued = 0;
    struct stat st;
    ssize_t n;

    MUST(pipe(p));
    fill(out, sizeof(out), 1);
    MUST(write(p[1], out, 1234));
    MUST(write(p[1], out + 1234, SIZE - 1234));
    ready();
    wait_go();
    if (sabotaged())
        MUST(write(p[1], "", 1));
    MUST(ioctl(p[0], FIONREAD, &queued));
    CHECK(queued == SIZE, "%d bytes are queued instead of %d", queued, SIZE);
    MUST(fstat(p[0], &st));
    CHECK(S_ISFIFO(st.st_mode), "the pipe became something else: mode 0%o", st.st_mode);
    MUST(close(p[1]));
    n = read(p[0], in, sizeof(in));
    CHECK(n == SIZE, "read %zd bytes instead of %d", n, SIZE);
    CHECK(first_wrong(in, SIZE, 1) < 0, "byte %ld is wrong", first_wrong(in, SIZE, 1));
    CHECK(read(p[0], in, 1) == 0, "no end of file");
    pass();
}
