/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Handlers that interrupt waits and never return: siglongjmp out of a timer's handler, on the ordinary and on an
 * alternate stack that disarms itself, again and again while checkpoints are taken. */
#include "testlib.h"
#include <poll.h>
#include <setjmp.h>
#include <sys/time.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char stack[65536];
static sigjmp_buf out;
static volatile sig_atomic_t nested, on_stack;

static void inner(int signo)
{
    (void)signo;
    nested++;
}

static void handler(int signo)
{
    char here;

    (void)signo;
    on_stack = &here >= stack && &here < stack + sizeof(stack);
    raise(SIGUSR1);
    siglongjmp(out, 1);
}

static void install(int flags)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

    MUST(sigaction(SIGALRM, &sa, NULL));
}

static void wait_in(int kind)
{
    struct itimerval soon = {.it_value.tv_usec = 3000};
    struct timespec t = {.tv_sec = 100};

    if (sigsetjmp(out, 1) != 0)
        return;
    MUST(setitimer(ITIMER_REAL, &soon, NULL));
    for (;;) {
        if (kind == 0)
            nanosleep(&t, NULL);
        else if (kind == 1)
            poll(NULL, 0, 100000);
        else
            pause();
    }
}

int main(void)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = (int)SS_AUTODISARM},
            now_set;
    sigset_t mask;
    int rounds = 0;

    MUST(sigaltstack(&alternate, NULL));
    signal(SIGUSR1, inner);
    ready();
    for (; rounds < 60 || !exists("go"); rounds++) {
        install(rounds % 2 ? SA_ONSTACK : 0);
        wait_in(rounds % 3);
        CHECK(on_stack == rounds % 2, "round %d ran on the wrong stack", rounds);
        sigprocmask(SIG_SETMASK, NULL, &mask);
        for (int i = 1; i < 32; i++)
            CHECK(sigismember(&mask, i) == 0, "signal %d stayed blocked", i);
        MUST(sigaltstack(NULL, &now_set));
        CHECK(now_set.ss_flags == SS_DISABLE, "armed after a jump: 0x%x",
              (unsigned int)now_set.ss_flags);
        MUST(sigaltstack(&alternate, NULL));
        MUST(sigaltstack(NULL, &now_set));
        CHECK(now_set.ss_sp == stack && now_set.ss_flags == (int)SS_AUTODISARM,
              "alternate stack: flags 0x%x", (unsigned int)now_set.ss_flags);
    }
    if (sabotaged())
        nested++;
    CHECK(nested == rounds, "%d nested handlers in %d rounds", (int)nested, rounds);
    pass();
}
