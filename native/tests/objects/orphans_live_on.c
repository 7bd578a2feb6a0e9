/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process whose parent ended works on after a restart, in a session of its own, and does its work once. */
#include "testlib.h"

int main(void)
{
    int up[2];
    pid_t orphan, parent;
    char c;

    MUST(pipe(up));
    parent = MUST(fork());
    if (parent == 0) {
        orphan = MUST(fork());
        if (orphan != 0)
            _exit(0);
        MUST(setsid());
        orphan = getpid();
        while (getppid() == parent)
            moment(false);
        MUST(write(up[1], &orphan, sizeof(orphan)));
        wait_go();
        if (getpid() == orphan && getsid(0) == orphan && !sabotaged())
            MUST(write(up[1], "!", 1));
        _exit(0);
    }
    close(up[1]);
    expect_exit(parent, 0);
    MUST(read(up[0], &orphan, sizeof(orphan)));
    ready();
    wait_go();
    CHECK(read(up[0], &c, 1) == 1 && c == '!', "the orphan said nothing");
    CHECK(read(up[0], &c, 1) == 0, "the orphan spoke twice");
    pass();
}
