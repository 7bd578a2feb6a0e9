/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A checkpoint while a handler runs on an alternate stack: it goes on, then the interrupted code with its mask. */
#include "testlib.h"

static volatile sig_atomic_t stage;

static bool blocked(int signo)
{
    sigset_t set;

    sigprocmask(SIG_SETMASK, NULL, &set);
    return sigismember(&set, signo) == 1;
}

static void handler(int signo)
{
    char local[4096];

    fill(local, sizeof(local), 9);
    stage = 1;
    ready();
    wait_go();
    CHECK(first_wrong(local, sizeof(local), 9) < 0, "the handler's stack frame changed");
    CHECK(blocked(signo) && blocked(SIGHUP), "the handler's mask is gone");
    errno = EDOM;
    stage = sabotaged() ? 3 : 2;
}

int main(void)
{
    static char stack[65536];
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    char local[4096];
    double x = 1.25;

    MUST(sigaltstack(&alternate, NULL));
    sigaddset(&sa.sa_mask, SIGHUP);
    MUST(sigaction(SIGUSR1, &sa, NULL));
    fill(local, sizeof(local), 8);
    raise(SIGUSR1);
    CHECK(stage == 2, "the handler did not finish: %d", (int)stage);
    CHECK(!blocked(SIGUSR1) && !blocked(SIGHUP), "the mask from before the handler is gone");
    CHECK(first_wrong(local, sizeof(local), 8) < 0, "the stack of the interrupted code changed");
    CHECK(x * 4 == 5, "a variable changed");
    pass();
}
