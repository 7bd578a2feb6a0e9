/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A program that blocks every signal is checkpointed all the same, and sees every signal blocked. */
#include "testlib.h"

int main(void)
{
    sigset_t all, got, pending;

    sigfillset(&all);
    MUST(sigprocmask(SIG_SETMASK, &all, NULL));
    raise(SIGUSR2);
    raise(SIGTERM);
    ready();
    wait_go();
    if (sabotaged())
        sigwaitinfo(&(sigset_t){.__val = {1ul << (SIGUSR2 - 1)}}, NULL);
    MUST(sigprocmask(SIG_SETMASK, NULL, &got));
    for (int i = 1; i <= SIGRTMAX; i++)
        if (i != SIGKILL && i != SIGSTOP && i != 32 && i != 33)
            CHECK(sigismember(&got, i) == 1, "signal %d is not blocked", i);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGTERM) == 1, "SIGTERM is not pending");
    CHECK(sigismember(&pending, SIGUSR2) == 1, "SIGUSR2 is not pending");
    CHECK(sigismember(&pending, SIGUSR1) == 0, "SIGUSR1 is pending");
    int signo, left = 2;
    while (left > 0 && sigwait(&pending, &signo) == 0 && (signo == SIGUSR2 || signo == SIGTERM))
        left--;
    CHECK(left == 0, "got signal %d", signo);
    pass();
}
