/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A pipe without writer ends, one without reader gives EPIPE and SIGPIPE, and the ends are counted right. */
#include "testlib.h"

int main(void)
{
    int no_writer[2], no_reader[2], with_child[2];
    char c;
    pid_t pid, victim;

    MUST(pipe(no_writer));
    MUST(pipe(no_reader));
    MUST(pipe(with_child));
    MUST(write(no_writer[1], "z", 1));
    MUST(close(no_writer[1]));
    MUST(close(no_reader[0]));
    pid = MUST(fork());
    if (pid == 0) {
        close(with_child[0]);
        wait_go();
        _exit(0); /* the last writer of with_child */
    }
    victim = MUST(fork());
    if (victim == 0) {
        close(with_child[1]);
        wait_go();
        signal(SIGPIPE, sabotaged() ? SIG_IGN : SIG_DFL);
        if (write(no_reader[1], "x", 1) == 1)
            _exit(1);
        _exit(2);
    }
    MUST(close(with_child[1]));
    ready();
    wait_go();
    CHECK(read(no_writer[0], &c, 1) == 1 && c == 'z', "the byte left behind");
    CHECK(read(no_writer[0], &c, 1) == 0, "end of file");
    CHECK(read(with_child[0], &c, 1) == 0, "end of file after the last writer's end");
    expect_exit(pid, 0);
    int status = status_of(victim);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "no SIGPIPE: 0x%x", status);
    signal(SIGPIPE, SIG_IGN);
    CHECK(write(no_reader[1], "x", 1) == -1 && errno == EPIPE, "no EPIPE");
    pass();
}
