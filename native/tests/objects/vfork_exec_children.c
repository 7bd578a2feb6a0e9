/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* vfork and exec again and again while checkpoints are taken, and a vforked child that lives through them. */
#include "testlib.h"

static pid_t start(const char *script)
{
    pid_t pid = vfork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    CHECK(pid > 0, "vfork: %s", strerror(errno));
    return pid;
}

int main(void)
{
    pid_t living = start("until [ -e go ]; do sleep 0.02; done; exit 9");
    int rounds = 0;

    ready();
    while (!exists("go")) {
        expect_exit(start("exit 4"), 4);
        rounds++;
    }
    expect_exit(living, sabotaged() ? 0 : 9);
    CHECK(rounds > 0, "no child was started while waiting");
    pass();
}
