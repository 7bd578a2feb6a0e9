/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* sigsuspend() with a temporary mask, checkpointed inside: the old mask is back afterwards, one handler ran. */
#include "sleeping.h"

static volatile sig_atomic_t handled;

static void handler(int signo)
{
    (void)signo;
    handled++;
}

static void wake(void *arg)
{
    (void)arg;
    MUST(kill(getppid(), SIGHUP)); /* blocked inside and outside */
    MUST(kill(getppid(), SIGUSR1));
}

int main(void)
{
    sigset_t outside, inside, got;

    signal(SIGUSR1, handler);
    signal(SIGHUP, handler);
    sigemptyset(&inside);
    sigaddset(&inside, SIGHUP);
    outside = inside;
    sigaddset(&outside, SIGUSR1);
    sigprocmask(SIG_SETMASK, &outside, NULL);
    pid_t pid = start_watcher(wake, NULL);
    CHECK(sigsuspend(&inside) == -1 && errno == EINTR, "sigsuspend: %s", strerror(errno));
    CHECK(exists("go") && handled == 1, "%d handlers ran", (int)handled);
    sigprocmask(SIG_SETMASK, NULL, &got);
    if (sabotaged())
        sigdelset(&got, SIGUSR1);
    for (int i = 1; i < 32; i++)
        CHECK(sigismember(&got, i) == sigismember(&outside, i), "signal %d in the mask", i);
    sigpending(&got);
    CHECK(sigismember(&got, SIGHUP) == 1, "SIGHUP is not pending");
    expect_exit(pid, 0);
    pass();
}
