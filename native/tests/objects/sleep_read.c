/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* read() on an empty pipe waits through checkpoints and restarts, and gets the byte that comes at last. */
#include "sleeping.h"

static int p[2];

static void wake(void *arg)
{
    (void)arg;
    MUST(write(p[1], sabotaged() ? "?" : "!", 1));
}

int main(void)
{
    char c = 0;

    MUST(pipe(p));
    pid_t pid = start_watcher(wake, NULL);
    ssize_t n = read(p[0], &c, 1);
    CHECK(n == 1, "read = %zd: %s", n, strerror(errno));
    CHECK(c == '!' && exists("go"), "read came back with '%c'", c);
    expect_exit(pid, 0);
    pass();
}
