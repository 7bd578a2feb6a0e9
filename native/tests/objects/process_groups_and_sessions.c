/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Process groups and sessions: leaders, members, and a signal to a whole group, after the restart. */
#include "testlib.h"

enum kind { MEMBER, GROUP_LEADER, SESSION_LEADER };

/* A child that checks its own ids after the restart; a leader first starts a member of its group. */
static pid_t child(enum kind kind, int announce)
{
    pid_t pid = MUST(fork());

    if (pid != 0)
        return pid;
    if (kind == GROUP_LEADER)
        MUST(setpgid(0, 0));
    else if (kind == SESSION_LEADER)
        MUST(setsid());
    pid_t below = kind == MEMBER ? 0 : child(MEMBER, announce);
    pid_t group = getpgrp(), session = getsid(0);
    MUST(write(announce, "x", 1));
    wait_go();
    if (sabotaged() && kind == GROUP_LEADER)
        setpgid(0, getppid());
    CHECK(getpgrp() == group, "process group %d became %d", (int)group, (int)getpgrp());
    CHECK(getsid(0) == session, "session %d became %d", (int)session, (int)getsid(0));
    if (kind != MEMBER) {
        CHECK(group == getpid(), "no longer the leader of its group");
        expect_exit(below, 0);
    }
    _exit(0);
}

int main(void)
{
    int announce[2];
    char c;

    MUST(pipe(announce));
    MUST(setpgid(0, 0) == 0 || errno == EPERM ? 0 : -1);
    pid_t group = getpgrp(), session = getsid(0);
    pid_t member = child(MEMBER, announce[1]);
    pid_t leader = child(GROUP_LEADER, announce[1]);
    pid_t other = child(SESSION_LEADER, announce[1]);
    for (int i = 0; i < 5; i++)
        MUST(read(announce[0], &c, 1));
    ready();
    wait_go();
    CHECK(getpgrp() == group && getsid(0) == session, "the first process changed its group");
    CHECK(getpgid(leader) == leader, "the leader's group, seen by its parent");
    CHECK(getsid(other) == other, "the leader's session, seen by its parent");
    expect_exit(member, 0);
    expect_exit(leader, 0);
    expect_exit(other, 0);
    pass();
}
