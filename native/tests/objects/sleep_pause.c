/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* pause() and sigsuspend() come back only for a signal of the program, after its handler has run. */
#include "sleeping.h"

static volatile sig_atomic_t handled;

static void handler(int signo)
{
    handled = signo;
}

static void wake(void *arg)
{
    (void)arg;
    MUST(kill(getppid(), sabotaged() ? SIGUSR2 : SIGUSR1));
    wait_for("paused_again", false);
    wait_asleep(getppid(), getppid());
    MUST(kill(getppid(), SIGUSR2));
}

int main(void)
{
    sigset_t blocked, during;

    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    pid_t pid = start_watcher(wake, NULL);
    CHECK(pause() == -1 && errno == EINTR, "pause: %s", strerror(errno));
    CHECK(exists("go"), "pause came back before anybody sent a signal");
    CHECK(handled == SIGUSR1, "handled %d", (int)handled);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    touch("paused_again");
    sigemptyset(&during);
    CHECK(sigsuspend(&during) == -1 && errno == EINTR, "sigsuspend: %s", strerror(errno));
    CHECK(handled == SIGUSR2, "handled %d", (int)handled);
    expect_exit(pid, 0);
    pass();
}
