/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Processes that live about as long as the library waits before it starts its thread in them: no call of theirs is
 * interrupted at that moment, and neither exec nor the end of the process meets a signal that it should not. */
#include "testlib.h"
#include <poll.h>
#include <sys/select.h>

static void spin(double seconds)
{
    double until = now() + seconds;

    while (now() < until)
        ;
}

/* Waits by a call that the library does not know, through libc's syscall(). */
static void wait_raw(int kind)
{
    struct timespec t = {.tv_nsec = 12000000};
    struct pollfd nothing = {.fd = -1};
    long got = kind == 0   ? syscall(SYS_nanosleep, &t, NULL)
               : kind == 1 ? syscall(SYS_poll, &nothing, 1, 12)
                           : syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);

    if (got != 0)
        _exit(90 + kind);
}

static void born(int number)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", number);
    spin(0.004 + 0.0001 * (number % 20));
    execl("/proc/self/exe", "newborn", text, NULL);
    _exit(99);
}

static void child(int number)
{
    if (number % 4 == 3)
        born(number);
    wait_raw(number % 4);
    _exit(number % 64);
}

int main(int argc, char **argv)
{
    bool first = true;

    if (strcmp(argv[0], "newborn") == 0 && argc == 2) {
        spin(0.004 + 0.0001 * (atoi(argv[1]) % 20));
        return atoi(argv[1]) % 64;
    }
    for (int number = 0; number < 40 || !exists("go"); number++) {
        pid_t pid = MUST(fork());
        if (pid == 0)
            child(number);
        expect_exit(pid, number % 64 + (sabotaged() && number == 20));
        if (first && number == 8)
            ready();
    }
    pass();
}
