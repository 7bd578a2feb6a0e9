/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Alternate signal stacks, also of a second thread; a handler runs on it after the restart. */
#include "testlib.h"
#include <pthread.h>

#define SIZE 65536

static __thread char *stack;
static __thread volatile int ran;
static volatile int up;

static void handler(int signo)
{
    char here;

    (void)signo;
    ran = &here >= stack && &here < stack + SIZE;
}

static void *side(void *arg)
{
    stack_t set = {.ss_sp = stack = malloc(SIZE), .ss_size = SIZE}, got;

    MUST(sigaltstack(&set, NULL));
    __atomic_add_fetch(&up, 1, __ATOMIC_SEQ_CST);
    while (up != 2)
        moment(false);
    if (arg == NULL)
        ready();
    wait_go();
    if (sabotaged())
        MUST(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL));
    MUST(sigaltstack(NULL, &got));
    CHECK(got.ss_sp == stack && got.ss_size == SIZE && got.ss_flags == 0,
          "alternate stack %p size %zu flags %d", got.ss_sp, got.ss_size, got.ss_flags);
    pthread_kill(pthread_self(), SIGUSR1);
    CHECK(ran == 1, "the handler did not run on the alternate stack");
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t id;

    MUST(sigaction(SIGUSR1, &sa, NULL));
    pthread_create(&id, NULL, side, (void *)1);
    side(NULL);
    pthread_join(id, NULL);
    pass();
}
