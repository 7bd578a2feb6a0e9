/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Blocked signals that are pending, for the process and for one thread, are delivered after the restart, once. */
#include "testlib.h"
#include <pthread.h>

static volatile sig_atomic_t count[65];
static volatile pid_t by[65];
static volatile int up;

static void handler(int signo)
{
    count[signo]++;
    by[signo] = my_tid();
}

static void set_blocked(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(how, &set, NULL);
}

static void *thread(void *arg)
{
    sigset_t set;

    (void)arg;
    pthread_kill(pthread_self(), SIGTERM);
    up = 1;
    wait_go();
    sigpending(&set);
    CHECK(sigismember(&set, SIGTERM) == 1, "SIGTERM is no longer pending for the thread");
    pthread_sigmask(SIG_UNBLOCK, &(sigset_t){.__val = {1ul << (SIGTERM - 1)}}, NULL);
    CHECK(count[SIGTERM] == 1 && by[SIGTERM] == my_tid(), "SIGTERM was not for the thread");
    return NULL;
}

int main(void)
{
    pthread_t id;
    sigset_t set;

    signal(SIGUSR1, handler);
    signal(SIGTERM, handler);
    signal(SIGINT, handler);
    set_blocked(SIG_BLOCK);
    pthread_create(&id, NULL, thread, NULL);
    while (!up)
        moment(false);
    MUST(kill(getpid(), SIGUSR1));
    MUST(kill(getpid(), SIGUSR1));
    pthread_kill(pthread_self(), SIGINT);
    ready();
    wait_go();
    if (sabotaged())
        sigwaitinfo(&(sigset_t){.__val = {1ul << (SIGUSR1 - 1)}}, NULL);
    sigpending(&set);
    CHECK(sigismember(&set, SIGUSR1) == 1, "SIGUSR1 is no longer pending");
    CHECK(sigismember(&set, SIGINT) == 1, "SIGINT is no longer pending");
    CHECK(sigismember(&set, SIGTERM) == 0, "the thread's SIGTERM is pending for the main thread");
    CHECK(sigismember(&set, SIGUSR2) == 0, "a SIGUSR2 is pending that nobody sent");
    set_blocked(SIG_UNBLOCK);
    pthread_join(id, NULL);
    CHECK(count[SIGUSR1] == 1, "SIGUSR1 came %d times", (int)count[SIGUSR1]);
    CHECK(count[SIGINT] == 1 && by[SIGINT] == getpid(), "SIGINT came %d times", (int)count[SIGINT]);
    pass();
}
