/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */

/* Counts aloud: counter [LAST [SECONDS]]. One number per line, one line every SECONDS (1 by default, fractions
 * allowed), up to LAST; without LAST it counts until it is stopped. Nothing in here knows about checkpoints. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || value < 0 || value > INT_MAX) {
        fprintf(stderr, "usage: counter [LAST [SECONDS]]\n");
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    long last = argc > 1 ? (long)number(argv[1]) : LONG_MAX;
    double seconds = argc > 2 ? number(argv[2]) : 1.0;
    struct timespec pause = {.tv_sec = (time_t)seconds};
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);

    for (long i = 1; i <= last; i++) {
        printf("%ld\n", i);
        fflush(stdout);
        struct timespec left = pause;
        while (i < last && nanosleep(&left, &left) != 0 && errno == EINTR)
            ;
    }
    return 0;
}
