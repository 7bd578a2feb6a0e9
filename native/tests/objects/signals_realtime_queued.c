/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Queued real-time signals keep their number, order, values and sender. */
#include "testlib.h"

#define N 20

int main(void)
{
    sigset_t set;
    siginfo_t info;
    union sigval value;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGRTMIN + 4);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < N; i++) {
        value.sival_int = 1000 + i;
        MUST(sigqueue(getpid(), SIGRTMIN + (i % 2 ? 1 : 4), value));
    }
    ready();
    wait_go();
    if (sabotaged())
        sigwaitinfo(&set, &info);
    for (int i = 0; i < N; i++) {
        int number = i < N / 2 ? 2 * i + 1 : 2 * (i - N / 2);
        struct timespec no_time = {0};
        int signo = sigtimedwait(&set, &info, &no_time);

        CHECK(signo == SIGRTMIN + (i < N / 2 ? 1 : 4), "signal %d is %d", i, signo);
        CHECK(info.si_code == SI_QUEUE && info.si_value.sival_int == 1000 + number,
              "signal %d has value %d instead of %d", i, info.si_value.sival_int, 1000 + number);
        CHECK(info.si_pid == getpid(), "signal %d comes from %d", i, (int)info.si_pid);
    }
    CHECK(sigtimedwait(&set, &info, &(struct timespec){0}) == -1 && errno == EAGAIN,
          "one too many");
    pass();
}
