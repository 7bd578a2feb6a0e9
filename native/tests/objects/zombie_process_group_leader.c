/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process group lives on although its leader is a zombie, and one whose leader is long gone. */
#include "testlib.h"

static pid_t member_of(pid_t group)
{
    pid_t pid = MUST(fork());

    if (pid == 0) {
        MUST(setpgid(0, group));
        for (;;)
            moment(true);
    }
    while (getpgid(pid) != group)
        moment(false);
    return pid;
}

static pid_t leader(void)
{
    pid_t pid = MUST(fork());

    if (pid == 0) {
        MUST(setpgid(0, 0));
        wait_for("leaders_end", false);
        _exit(4);
    }
    while (getpgid(pid) != pid)
        moment(false);
    return pid;
}

int main(void)
{
    pid_t zombie = leader(), gone = leader();
    pid_t a = member_of(zombie), b = member_of(gone);
    siginfo_t info;

    touch("leaders_end");
    MUST(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT));
    expect_exit(gone, 4);
    ready();
    wait_go();
    if (sabotaged())
        setpgid(b, getpgrp());
    CHECK(getpgid(a) == zombie, "group %d became %d", (int)zombie, (int)getpgid(a));
    CHECK(getpgid(b) == gone, "group %d became %d", (int)gone, (int)getpgid(b));
    MUST(kill(-zombie, SIGTERM));
    MUST(kill(-gone, SIGKILL));
    int status = status_of(a);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "member of a: 0x%x", status);
    status = status_of(b);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "member of b: 0x%x", status);
    expect_exit(zombie, 4);
    pass();
}
