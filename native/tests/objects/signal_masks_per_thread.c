/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Each thread has a signal mask of its own; a signal for the process goes to the only thread that takes it. */
#include "testlib.h"
#include <pthread.h>

static volatile pid_t handled_by;
static volatile int up;

static void handler(int signo)
{
    (void)signo;
    handled_by = my_tid();
}

static void expect_mask(int base)
{
    sigset_t set;

    pthread_sigmask(SIG_SETMASK, NULL, &set);
    for (int i = 1; i <= SIGRTMAX; i++) {
        bool want = i == base || i == SIGUSR1;

        if (i == 32 || i == 33) /* libc's own */
            continue;
        CHECK(sigismember(&set, i) == want, "signal %d is %s", i,
              want ? "no longer blocked" : "blocked");
    }
}

static void block(int base)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, base);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
}

static void *thread(void *arg)
{
    int base = (int)(intptr_t)arg;

    block(base);
    __atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST);
    wait_go();
    if (sabotaged())
        block(SIGHUP);
    expect_mask(base);
    return NULL;
}

static void *taker(void *arg)
{
    *(volatile pid_t *)arg = my_tid();
    __atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST);
    while (handled_by == 0)
        moment(true);
    return NULL;
}

int main(void)
{
    static const int bases[] = {SIGHUP, SIGUSR2, SIGTERM, SIGCHLD, 40};
    volatile pid_t tid = 0;
    pthread_t id[6];

    signal(SIGUSR1, handler);
    block(SIGWINCH);
    for (int i = 0; i < 5; i++)
        pthread_create(&id[i], NULL, thread, (void *)(intptr_t)bases[i]);
    sigset_t empty;
    sigemptyset(&empty);
    pthread_sigmask(SIG_SETMASK, &empty, NULL);
    pthread_create(&id[5], NULL, taker, (void *)&tid);
    block(SIGWINCH);
    while (up != 6)
        moment(false);
    ready();
    wait_go();
    for (int i = 0; i < 5; i++)
        pthread_join(id[i], NULL);
    expect_mask(SIGWINCH);
    MUST(kill(getpid(), SIGUSR1));
    pthread_join(id[5], NULL);
    CHECK(handled_by == tid, "thread %d took the signal instead of %d", (int)handled_by, (int)tid);
    pass();
}
