/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A program with a SIGUSR2 handler of its own gets each SIGUSR2 sent to it, and none that it was not sent. */
#include "testlib.h"

static volatile sig_atomic_t got;

static void handler(int signo)
{
    (void)signo;
    got++;
}

int main(void)
{
    struct sigaction sa;
    int sent = 0;
    pid_t parent = getpid(), pid;

    signal(SIGUSR2, handler);
    ready();
    for (; sent == 0 || !exists("go"); sent++) {
        raise(SIGUSR2);
        CHECK(got == sent + 1, "%d of %d signals came", (int)got, sent + 1);
        moment(false);
    }
    pid = MUST(fork());
    if (pid == 0) {
        MUST(kill(parent, SIGUSR2));
        signal(SIGUSR2, SIG_DFL);
        raise(SIGUSR2);
        _exit(0);
    }
    int status;
    while (waitpid(pid, &status, 0) == -1)
        CHECK(errno == EINTR, "waitpid: %s", strerror(errno));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "default action: 0x%x", status);
    if (sabotaged())
        sent++;
    CHECK(got == sent + 1, "%d of %d signals came", (int)got, sent + 1);
    MUST(sigaction(SIGUSR2, NULL, &sa));
    CHECK(sa.sa_handler == handler, "sigaction reports another handler");
    pass();
}
