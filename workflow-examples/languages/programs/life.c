/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */

/* OpenMP: Conway's game of life on a torus, rows shared out among threads. life [ITERATIONS]; the state is two
 * boards and the threads of the pool. Whole numbers only, so the number of threads does not change the result. */
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 1024, STEPS = 30 };

static void seed_board(uint8_t *board)
{
    uint32_t random = 20260901;
    for (int i = 0; i < SIDE * SIDE; i++) {
        random = random * 1664525u + 1013904223u;
        board[i] = random >> 30 == 0;
    }
}

static int neighbours(const uint8_t *board, int y, int x)
{
    const uint8_t *above = board + (y + SIDE - 1) % SIDE * SIDE, *row = board + y * SIDE,
                  *below = board + (y + 1) % SIDE * SIDE;
    int left = (x + SIDE - 1) % SIDE, right = (x + 1) % SIDE;
    return above[left] + above[x] + above[right] + row[left] + row[right] + below[left] + below[x] +
           below[right];
}

/* One generation of cells; returns how many live. */
static long step(uint8_t *to, const uint8_t *from)
{
    long alive = 0;
#pragma omp parallel for schedule(dynamic, 16) reduction(+ : alive)
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            int n = neighbours(from, y, x);
            uint8_t cell = n == 3 || (n == 2 && from[y * SIDE + x]);
            /* A spark here and there keeps the board from settling. */
            cell |= (uint8_t)(n == 0 && (x * 7 + y * 13) % 8191 == 0);
            to[y * SIDE + x] = cell;
            alive += cell;
        }
    }
    return alive;
}

static uint64_t digest(const uint8_t *board)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < SIDE * SIDE; i++)
        hash = (hash ^ board[i]) * 0x100000001b3u;
    return hash;
}

int main(int argc, char **argv)
{
    int iterations = argc > 1 ? atoi(argv[1]) : 200;
    uint8_t *now = calloc(SIDE, SIDE), *next = calloc(SIDE, SIDE);
    long born = 0;
    if (now == NULL || next == NULL)
        return 1;
    if (getenv("OMP_NUM_THREADS") == NULL)
        omp_set_num_threads(2);
    seed_board(now);
    for (int i = 1; i <= iterations; i++) {
        for (int s = 0; s < STEPS; s++) {
            born += step(next, now);
            uint8_t *swap = now;
            now = next;
            next = swap;
        }
        if (i % 10 == 0) {
            printf("OpenMP %d %ld\n", i, born);
            fflush(stdout);
        }
    }
    printf("OpenMP result %ld %016llx\n", born, (unsigned long long)digest(now));
    free(now);
    free(next);
    return 0;
}
