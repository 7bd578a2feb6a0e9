/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* SIGUSR2 ignored, as bash scripts leave it, and its default action in a child. */
#include "testlib.h"

int main(void)
{
    struct sigaction sa;

    signal(SIGUSR2, SIG_IGN);
    pid_t ignoring = MUST(fork());
    if (ignoring == 0) {
        execl("/bin/sh", "sh", "-c", "until [ -e go ]; do sleep 0.02; done; kill -USR2 $$; exit 6",
              (char *)NULL);
        _exit(127);
    }
    pid_t dying = MUST(fork());
    if (dying == 0) {
        signal(SIGUSR2, SIG_DFL);
        for (;;)
            pause();
    }
    wait_asleep(dying, dying);
    ready();
    wait_go();
    MUST(sigaction(SIGUSR2, NULL, &sa));
    CHECK(sa.sa_handler == SIG_IGN, "SIGUSR2 is no longer ignored");
    raise(SIGUSR2);
    CHECK(waitpid(dying, NULL, WNOHANG) == 0, "the child died before anybody killed it");
    MUST(kill(dying, sabotaged() ? SIGTERM : SIGUSR2));
    int status = status_of(dying);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "wait status 0x%x", status);
    expect_exit(ignoring, 6);
    pass();
}
