/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Children that ended before the checkpoint, by exit code and by signal, are still there to be waited for. */
#include "testlib.h"

static pid_t dead_child(int code, int signo)
{
    siginfo_t info;
    pid_t pid = MUST(fork());

    if (pid == 0) {
        if (signo != 0)
            raise(signo);
        _exit(code);
    }
    MUST(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    return pid;
}

int main(void)
{
    pid_t zero = dead_child(0, 0), seven = dead_child(7, 0), large = dead_child(255, 0);
    pid_t killed = dead_child(0, SIGKILL), terminated = dead_child(0, SIGTERM);
    int status;

    ready();
    wait_go();
    if (sabotaged())
        expect_exit(seven, 7);
    expect_exit(large, 255);
    expect_exit(zero, 0);
    expect_exit(seven, 7);
    status = status_of(killed);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "killed zombie: 0x%x", status);
    status = status_of(terminated);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "terminated zombie: 0x%x", status);
    CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "there is a child we never made");
    pass();
}
