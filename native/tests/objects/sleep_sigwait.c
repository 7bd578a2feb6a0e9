/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* sigwait, sigwaitinfo and sigtimedwait wait through checkpoints and take the signal sent after the restart. */
#include "sleeping.h"
#include <sys/mman.h>

/* Shared with the watcher. Not a file: one made after a checkpoint would still be there after the restart. */
static volatile int *stage;

static void wake(void *arg)
{
    union sigval value = {.sival_int = 4711};

    (void)arg;
    while (*stage != 1)
        moment(false);
    wait_asleep(getppid(), getppid());
    MUST(kill(getppid(), SIGUSR1));
    while (*stage != 2)
        moment(false);
    wait_asleep(getppid(), getppid());
    MUST(sigqueue(getppid(), SIGRTMIN, value));
}

int main(void)
{
    siginfo_t info;
    sigset_t set;
    int signo = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    stage = MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pid_t pid = start_watcher(wake, NULL);
    double started = now();
    CHECK(sigtimedwait(&set, &info, &nap) == -1 && errno == EAGAIN, "sigtimedwait: %s",
          strerror(errno));
    check_nap(started);
    *stage = 1;
    int err = sigwait(&set, &signo);
    CHECK(err == 0 && signo == SIGUSR1, "sigwait: signal %d, %s", signo, strerror(err));
    CHECK(exists("go"), "sigwait came back before anybody sent a signal");
    *stage = 2;
    signo = sigwaitinfo(&set, &info);
    CHECK(signo == SIGRTMIN && info.si_value.sival_int == 4711, "sigwaitinfo: %d", signo);
    CHECK(info.si_pid == pid, "from %d instead of %d", (int)info.si_pid, (int)pid);
    expect_exit(pid, 0);
    pass();
}
