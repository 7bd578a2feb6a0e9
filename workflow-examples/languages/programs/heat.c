/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */

/* C: heat spreading over a plate. heat [ITERATIONS]; the state is two grids of doubles on the heap. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 512, STEPS = 340 };

/* One time step: every inner cell moves towards the mean of its neighbours, one cell is heated. */
static void step(double *to, const double *from)
{
    for (int y = 1; y < SIDE - 1; y++) {
        for (int x = 1; x < SIDE - 1; x++) {
            const double *c = from + y * SIDE + x;
            to[y * SIDE + x] = *c + 0.2 * (c[-1] + c[1] + c[-SIDE] + c[SIDE] - 4.0 * *c);
        }
    }
    to[SIDE * SIDE / 3 + SIDE / 3] += 1.0;
}

/* FNV-1a over the bits of the grid: one wrong bit anywhere changes it. */
static uint64_t digest(const double *grid)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < SIDE * SIDE; i++) {
        uint64_t bits;
        memcpy(&bits, &grid[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    return hash;
}

int main(int argc, char **argv)
{
    int iterations = argc > 1 ? atoi(argv[1]) : 200;
    double *now = calloc(SIDE * SIDE, sizeof *now), *next = calloc(SIDE * SIDE, sizeof *next);
    if (now == NULL || next == NULL)
        return 1;
    for (int i = 1; i <= iterations; i++) {
        for (int s = 0; s < STEPS; s++) {
            step(next, now);
            double *swap = now;
            now = next;
            next = swap;
        }
        if (i % 10 == 0) {
            printf("C %d %016llx\n", i, (unsigned long long)digest(now));
            fflush(stdout);
        }
    }
    printf("C result %.17g %016llx\n", now[SIDE * SIDE / 2 + SIDE / 2],
           (unsigned long long)digest(now));
    free(now);
    free(next);
    return 0;
}
