/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A signal of the program's own interrupts its sleep with EINTR and the time left, in spite of checkpoints before. */
#include "sleeping.h"

static void handler(int signo)
{
    (void)signo;
}

static void wake(void *arg)
{
    (void)arg;
    MUST(kill(getppid(), sabotaged() ? SIGCHLD : SIGUSR1));
    if (sabotaged())
        MUST(kill(getppid(), SIGTERM));
}

int main(void)
{
    struct timespec long_time = {.tv_sec = 1000}, left = {0};

    signal(SIGUSR1, handler);
    pid_t pid = start_watcher(wake, NULL);
    int r = nanosleep(&long_time, &left);
    CHECK(r == -1 && errno == EINTR, "nanosleep = %d: %s", r, strerror(errno));
    CHECK(exists("go"), "interrupted before anybody sent a signal");
    CHECK(left.tv_sec >= 960 && left.tv_sec < 1000, "%ld s left", (long)left.tv_sec);
    expect_exit(pid, 0);
    pass();
}
