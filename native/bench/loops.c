/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Prints the nanoseconds of one malloc and free, one open and close, one stat and one write of a byte to /dev/null. */
#include "../tests/lib/testlib.h"

#define ROUND 20000
#define BEST  15

static void round_malloc(int i)
{
    char *volatile block = malloc(16 + (size_t)i % 500);

    block[0] = 1;
    free(block);
}

static void round_open(int i)
{
    (void)i;
    close(MUST(open("/dev/null", O_RDWR)));
}

static void round_stat(int i)
{
    struct stat status;

    (void)i;
    MUST(stat("/dev/null", &status));
}

static int null_fd;

static void round_write(int i)
{
    char byte = (char)i;

    MUST(write(null_fd, &byte, 1));
}

/* The best of some rounds: whatever else the machine does only makes one longer. */
static double best(void (*function)(int))
{
    double least = 1e9;

    for (int i = 0; i < BEST; i++) {
        double start = now();
        for (int j = 0; j < ROUND; j++)
            function(j);
        double took = now() - start;
        least = took < least ? took : least;
    }
    return least / ROUND * 1e9;
}

int main(void)
{
    null_fd = MUST(open("/dev/null", O_WRONLY));
    printf("%.2f %.2f %.2f %.2f\n", best(round_malloc), best(round_open), best(round_stat),
           best(round_write));
    return 0;
}
