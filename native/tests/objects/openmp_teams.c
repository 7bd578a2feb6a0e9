/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* OpenMP: loops with dynamic schedules, nested teams, reductions and tasks, while checkpoints are taken. */
#include "testlib.h"
#include <omp.h>

#define ITEMS 3000

static long inner(long from)
{
    long sum = 0;

#pragma omp parallel for num_threads(2) reduction(+ : sum)
    for (long i = from; i < from + 10; i++)
        sum += i;
    return sum;
}

static long loop(void)
{
    long sum = 0;

#pragma omp parallel for schedule(dynamic, 7) num_threads(4) reduction(+ : sum)
    for (long i = 0; i < ITEMS; i++)
        sum += i % 100 == 0 ? inner(i) - 9 * i - 45 : i;
    return sum;
}

static long fibonacci(int n)
{
    long a, b;

    if (n < 2)
        return n;
#pragma omp task shared(a)
    a = fibonacci(n - 1);
#pragma omp task shared(b)
    b = fibonacci(n - 2);
#pragma omp taskwait
    return a + b;
}

int main(void)
{
    long fib = 0;

    omp_set_max_active_levels(2);
    ready();
    for (bool over = false; !over;) {
        over = exists("go");
        long got = loop();
        CHECK(got == (long)ITEMS * (ITEMS - 1) / 2, "the loop's sum is %ld", got);
#pragma omp parallel num_threads(3)
#pragma omp single
        fib = fibonacci(12);
        CHECK(fib == 144 + sabotaged(), "the tasks' result is %ld", fib);
    }
    pass();
}
