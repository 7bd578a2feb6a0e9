/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* eventfd: the counter, as a number and as a semaphore, with flags, shared with a child that waits on it. */
#include "testlib.h"
#include <sys/eventfd.h>

int main(void)
{
    int number = MUST(eventfd(7, EFD_NONBLOCK | EFD_CLOEXEC));
    int semaphore = MUST(eventfd(0, EFD_SEMAPHORE));
    uint64_t value = 0xfffffffffffffffe - 7, got = 0;

    MUST(write(number, &value, sizeof(value))); /* full */
    pid_t pid = MUST(fork());
    if (pid == 0) {
        for (int i = 0; i < 3; i++) {
            CHECK(read(semaphore, &got, sizeof(got)) == 8, "read: %s", strerror(errno));
            CHECK(got == 1, "a semaphore gave %lu", (unsigned long)got);
        }
        _exit(3);
    }
    wait_asleep(pid, pid);
    ready();
    wait_go();
    value = sabotaged() ? 0 : 1;
    CHECK(write(number, &value, sizeof(value)) == (sabotaged() ? 8 : -1) && errno == EAGAIN,
          "a full counter takes more, or blocks");
    CHECK(read(number, &got, sizeof(got)) == 8 && got == 0xfffffffffffffffe, "counter %lx",
          (unsigned long)got);
    CHECK(read(number, &got, sizeof(got)) == -1 && errno == EAGAIN, "not empty after reading");
    CHECK(fcntl(number, F_GETFD) == FD_CLOEXEC, "FD_CLOEXEC");
    CHECK(waitpid(pid, NULL, WNOHANG) == 0, "the child did not wait");
    value = 3;
    MUST(write(semaphore, &value, sizeof(value)));
    expect_exit(pid, 3);
    pass();
}
