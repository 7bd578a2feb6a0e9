/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A computation in registers, checkpointed anywhere, gives the result it gives undisturbed. */
#include "testlib.h"

#define ROUND 1000000

static uint64_t integers(uint64_t x)
{
    uint64_t a = x, b = x ^ 5, c = 7, d = ~x;

    for (int i = 0; i < ROUND; i++) {
        a = a * 6364136223846793005u + b;
        b = (b << 7 | b >> 57) ^ a;
        c += a ^ d;
        d = d * 3 + (c >> 3);
    }
    return a ^ b ^ c ^ d;
}

static double floats(double x)
{
    double s = 0;

    for (int i = 1; i < ROUND; i++) {
        x = x * 3.9 * (1 - x); /* chaotic: one wrong bit shows */
        s += x / i;
    }
    return s;
}

int main(void)
{
    uint64_t want_i = integers(11);
    double want_f = floats(0.3);

    ready();
    do {
        uint64_t got_i = integers(11);
        double got_f = floats(sabotaged() ? 0.3000001 : 0.3);

        CHECK(got_i == want_i, "integer result differs");
        CHECK(memcmp(&got_f, &want_f, sizeof(got_f)) == 0, "floating-point result differs");
    } while (!exists("go"));
    pass();
}
