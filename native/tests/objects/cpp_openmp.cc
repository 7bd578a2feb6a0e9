// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
//
// OpenMP at work: parallel loops with reductions, tasks, critical sections, exceptions inside of a parallel region.
// @timeout 60
#include "testlib.h"

#include <omp.h>
#include <stdexcept>
#include <vector>

static long fibonacci(int n)
{
    long x, y;

    if (n < 2)
        return n;
#pragma omp task shared(x)
    x = fibonacci(n - 1);
#pragma omp task shared(y)
    y = fibonacci(n - 2);
#pragma omp taskwait
    return x + y;
}

static void round_of_work()
{
    std::vector<double> v(20000, 0.5);
    double sum = 0;
    int caught = 0;
    long f = 0;

#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 64)
    for (int i = 0; i < (int)v.size(); i++)
        sum += v[i] * 2;
    CHECK(sum == 20000, "the sum is %g", sum);
#pragma omp parallel num_threads(4)
    {
        try {
            throw std::runtime_error("thrown");
        } catch (const std::runtime_error &) {
#pragma omp critical
            caught++;
        }
#pragma omp barrier
#pragma omp single
        f = fibonacci(12);
    }
    CHECK(caught == 4, "%d exceptions", caught);
    CHECK(f == 144 + sabotaged(), "fibonacci is %ld", f);
}

int main()
{
    omp_set_dynamic(0);
    if (!sabotaged())
        round_of_work();
    ready();
    while (!exists("go"))
        if (!sabotaged())
            round_of_work();
    round_of_work();
    pass();
}
