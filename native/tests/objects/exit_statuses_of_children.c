/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Exit codes and signals of children that end after the restart reach the parent, in wait status and siginfo. */
#include "testlib.h"

static pid_t child_with(int code, int signo)
{
    pid_t pid = MUST(fork());

    if (pid != 0)
        return pid;
    wait_go();
    if (signo != 0)
        raise(signo);
    _exit(sabotaged() ? 1 : code);
}

static void expect_signal(pid_t pid, int signo)
{
    siginfo_t info;

    MUST(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    CHECK(info.si_pid == pid && info.si_code == CLD_KILLED && info.si_status == signo,
          "child %d: si_code %d si_status %d", (int)pid, info.si_code, info.si_status);
    int status = status_of(pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signo, "wait status 0x%x", status);
}

int main(void)
{
    static const int codes[] = {0, 1, 3, 127, 255};
    pid_t pid[5];

    for (int i = 0; i < 5; i++)
        pid[i] = child_with(codes[i], 0);
    pid_t killed = child_with(0, SIGKILL), terminated = child_with(0, SIGTERM);
    ready();
    wait_go();
    for (int i = 0; i < 5; i++)
        expect_exit(pid[i], codes[i]);
    expect_signal(killed, SIGKILL);
    expect_signal(terminated, SIGTERM);
    CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "there is a child we never made");
    pass();
}
