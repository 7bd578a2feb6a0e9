/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* sigwait, sigwaitinfo and sigtimedwait wait through checkpoints and take the signal sent after the restart. */
#include "sleeping.h"

static void wake(void *arg)
{
    union sigval value = {.sival_int = 4711};

    (void)arg;
    wait_for("in_sigwait", false);
    wait_asleep(getppid(), getppid());
    MUST(kill(getppid(), SIGUSR1));
    wait_for("in_sigwaitinfo", false);
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
    pid_t pid = start_watcher(wake, NULL);
    double started = now();
    CHECK(sigtimedwait(&set, &info, &nap) == -1 && errno == EAGAIN, "sigtimedwait: %s",
          strerror(errno));
    check_nap(started);
    touch("in_sigwait");
    int err = sigwait(&set, &signo);
    CHECK(err == 0 && signo == SIGUSR1, "sigwait: signal %d, %s", signo, strerror(err));
    CHECK(exists("go"), "sigwait came back before anybody sent a signal");
    touch("in_sigwaitinfo");
    signo = sigwaitinfo(&set, &info);
    CHECK(signo == SIGRTMIN && info.si_value.sival_int == 4711, "sigwaitinfo: %d", signo);
    CHECK(info.si_pid == pid, "from %d instead of %d", (int)info.si_pid, (int)pid);
    expect_exit(pid, 0);
    pass();
}
