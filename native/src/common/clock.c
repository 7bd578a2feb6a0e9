/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Times as the store's files write them. */
#include "common/clock.h"

#include <stdio.h>
#include <time.h>

void clock_text(char text[CLOCK_TEXT_SIZE])
{
    clock_text_in(0, text);
}

void clock_text_in(int64_t ms, char text[CLOCK_TEXT_SIZE])
{
    char seconds[24];
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t then = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
    now = (struct timespec){.tv_sec = then / 1000, .tv_nsec = then % 1000 * 1000000};
    gmtime_r(&now.tv_sec, &utc);
    strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, CLOCK_TEXT_SIZE, "%s.%03uZ", seconds, (unsigned)(now.tv_nsec / 1000000) % 1000);
}

uint64_t clock_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
