/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * pidfds of a child that lives, of one that has ended and of one that has been waited for, alone and under poll. */
#include "testlib.h"

#include <poll.h>

static int pidfd_of(pid_t pid)
{
    return (int)MUST(syscall(SYS_pidfd_open, pid, 0));
}

static bool has_ended(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return MUST(poll(&poll_fd, 1, 0)) == 1;
}

int main(void)
{
    siginfo_t info = {0};
    pid_t waited_for = MUST(fork());

    if (waited_for == 0)
        _exit(1);
    int gone = pidfd_of(waited_for);
    expect_exit(waited_for, 1);
    pid_t zombie = MUST(fork());
    if (zombie == 0)
        _exit(2);
    int ended = pidfd_of(zombie);
    while (!has_ended(ended))
        moment(false);
    pid_t child = MUST(fork());
    if (child == 0) {
        pause();
        _exit(3);
    }
    int living = pidfd_of(child), twin = MUST(dup(living));
    ready();
    wait_go();
    if (sabotaged())
        MUST(dup2(ended, twin));
    CHECK(has_ended(gone) && has_ended(ended), "an ended process seems to live");
    CHECK(!has_ended(living) && !has_ended(twin), "a living process seems to have ended");
    CHECK(syscall(SYS_waitid, 3 /* P_PIDFD */, gone, &info, WEXITED, NULL) < 0 && errno == ECHILD,
          "one can wait for a process twice");
    MUST(syscall(SYS_waitid, 3, ended, &info, WEXITED, NULL));
    CHECK(info.si_pid == zombie && info.si_status == 2, "process %d, status %d", info.si_pid,
          info.si_status);
    MUST(syscall(SYS_pidfd_send_signal, living, SIGTERM, NULL, 0));
    MUST(syscall(SYS_waitid, 3, twin, &info, WEXITED, NULL));
    CHECK(info.si_pid == child && info.si_status == SIGTERM, "the signal went to somebody else");
    pass();
}
