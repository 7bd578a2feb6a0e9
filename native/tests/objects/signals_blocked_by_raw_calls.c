/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Threads that block all 64 signals by raw system calls, libc's own included: asleep, computing, waiting for a signal.
 * They are checkpointed all the same, and stay as they were. */
#include "testlib.h"
#include <poll.h>
#include <pthread.h>

#define ALL       (~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1)))
#define BIT(s)    (1UL << ((s)-1))
#define ROUNDS_AT 1000

static volatile bool over;
static volatile unsigned long rounds;

static unsigned long mask_change(int how, unsigned long mask)
{
    unsigned long before;
    long result;
    register long size __asm__("r10") = 8;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(SYS_rt_sigprocmask), "D"(how), "S"(&mask), "d"(&before), "r"(size)
                     : "rcx", "r11", "memory");
    CHECK(result == 0, "rt_sigprocmask: %s", strerror((int)-result));
    return before;
}

static void check_mask(const char *who)
{
    unsigned long mask = mask_change(SIG_BLOCK, 0);

    CHECK(mask == ALL, "%s blocks %lx", who, mask);
}

static void *computing(void *arg)
{
    mask_change(SIG_SETMASK, ALL);
    while (!over)
        rounds++;
    check_mask("the computing thread");
    return arg;
}

static void *asleep(void *arg)
{
    struct pollfd fd = {.fd = *(int *)arg, .events = POLLIN};

    mask_change(SIG_SETMASK, ALL);
    int n = poll(&fd, 1, 500000);
    CHECK(n == 1 && over, "poll gave %d: %s", n, strerror(errno));
    check_mask("the sleeping thread");
    return NULL;
}

static void *waiting(void *arg)
{
    unsigned long set = BIT(SIGUSR1) | BIT(SIGUSR2);
    siginfo_t info;

    mask_change(SIG_SETMASK, ALL);
    *(volatile pid_t *)arg = my_tid();
    long signo = syscall(SYS_rt_sigtimedwait, &set, &info, NULL, sizeof(set));
    CHECK(signo == SIGUSR2 && over, "signal %ld: %s", signo, strerror(errno));
    check_mask("the waiting thread");
    return NULL;
}

int main(void)
{
    volatile pid_t waiter = 0;
    pthread_t ids[3];
    int ends[2];

    MUST(pipe(ends));
    pthread_create(&ids[0], NULL, computing, NULL);
    pthread_create(&ids[1], NULL, asleep, &ends[0]);
    pthread_create(&ids[2], NULL, waiting, (void *)&waiter);
    while (waiter == 0 || rounds < ROUNDS_AT)
        moment(false);
    wait_asleep(getpid(), waiter);
    mask_change(SIG_SETMASK, ALL);
    raise(SIGTERM);
    ready();
    wait_go();
    check_mask("the main thread");
    over = true;
    if (sabotaged())
        MUST(syscall(SYS_tgkill, getpid(), waiter, SIGUSR1));
    MUST(syscall(SYS_tgkill, getpid(), waiter, SIGUSR2));
    MUST(write(ends[1], "x", 1));
    for (int i = 0; i < 3; i++)
        pthread_join(ids[i], NULL);
    unsigned long pending = 0;
    MUST(syscall(SYS_rt_sigpending, &pending, sizeof(pending)));
    CHECK(pending == BIT(SIGTERM), "pending: %lx", pending);
    pass();
}
