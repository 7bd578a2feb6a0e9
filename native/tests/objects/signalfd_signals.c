/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* signalfd: its mask, signals that are pending in it and ones that come after the restart. */
#include "testlib.h"
#include <sys/signalfd.h>

static void expect(int fd, int signo, int value)
{
    struct signalfd_siginfo info;
    ssize_t n = read(fd, &info, sizeof(info));

    CHECK(n == (ssize_t)sizeof(info), "read %zd: %s", n, strerror(errno));
    CHECK(info.ssi_signo == (unsigned int)signo && info.ssi_int == value, "signal %u with %d",
          info.ssi_signo, info.ssi_int);
}

int main(void)
{
    struct signalfd_siginfo info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = MUST(signalfd(-1, &set, SFD_NONBLOCK));
    for (int i = 0; i < 3; i++)
        MUST(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 10 + i}));
    ready();
    wait_go();
    if (sabotaged())
        MUST(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 13}));
    for (int i = 0; i < 3; i++)
        expect(fd, SIGRTMIN + 2, 10 + i);
    MUST(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5}));
    expect(fd, SIGUSR1, 5);
    CHECK(read(fd, &info, sizeof(info)) == -1 && errno == EAGAIN, "one signal too many");
    pass();
}
