/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Coroutines on stacks of 16 KiB each from the heap, one of them running on its own when the checkpoint comes; an
 * alternate stack in the heap, too. */
#include "testlib.h"
#include <ucontext.h>

#define N     8
#define STACK (16 << 10)

static ucontext_t home, contexts[N];
static int steps[N];

static void body(int number)
{
    char local[512];

    fill(local, sizeof(local), (uint64_t)number);
    for (;;) {
        steps[number]++;
        if (number == 3 && steps[number] == 2) {
            ready();
            wait_go();
        }
        CHECK(first_wrong(local, sizeof(local), (uint64_t)number) < 0, "stack of coroutine %d",
              number);
        swapcontext(&contexts[number], &home);
    }
}

int main(void)
{
    stack_t stack = {.ss_size = 64 << 10, .ss_sp = malloc(64 << 10)}, now_in_use;

    for (int i = 0; i < N; i++) {
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = malloc(STACK);
        contexts[i].uc_stack.ss_size = STACK;
        makecontext(&contexts[i], (void (*)(void))body, 1, i);
    }
    MUST(sigaltstack(&stack, NULL));
    for (int i = 0; i < 2 * N; i++)
        swapcontext(&home, &contexts[i % N]);
    if (sabotaged())
        steps[5]--;
    for (int i = 0; i < N; i++)
        swapcontext(&home, &contexts[i]);
    for (int i = 0; i < N; i++)
        CHECK(steps[i] == 3, "coroutine %d has made %d steps", i, steps[i]);
    MUST(sigaltstack(NULL, &now_in_use));
    CHECK(now_in_use.ss_sp == stack.ss_sp && now_in_use.ss_size == stack.ss_size,
          "the alternate stack");
    pass();
}
