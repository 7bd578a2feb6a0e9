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

/* Of the days since 1970. gmtime() would read the time zone of the host for it, for which every short task would wait.
 * Years of the sum begin in March: the day that comes and goes is their last. */
static void date_of(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    uint64_t since = (uint64_t)(days + 719468); /* since March 1st of the year 0 */
    unsigned era = (unsigned)(since / 146097), of_era = (unsigned)(since % 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;

    *ret_day = of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = era * 400 + year + (*ret_month <= 2);
}

void clock_text_in(int64_t ms, char text[CLOCK_TEXT_SIZE])
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t then = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
    now = (struct timespec){.tv_sec = then / 1000, .tv_nsec = then % 1000 * 1000000};
    unsigned second = (unsigned)(now.tv_sec % 86400), year, month, day;
    date_of(now.tv_sec / 86400, &year, &month, &day);
    snprintf(text, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", year % 10000,
             month % 100, day % 100, second / 3600, second / 60 % 60, second % 60,
             (unsigned)(now.tv_nsec / 1000000) % 1000);
}

uint64_t clock_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
