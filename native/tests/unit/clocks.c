/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Times as text, compared with what libc makes of them. */
#include "unit.h"

#include "common/clock.h"

#include <string.h>
#include <time.h>

/* Not time(), which may be a tick behind. */
static time_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec;
}

static void text_of(time_t when, char text[CLOCK_TEXT_SIZE])
{
    struct tm utc;

    gmtime_r(&when, &utc);
    strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S.", &utc);
}

/* Every day of eighty years, the leap days of 1972 to 2048 and the one that 2000 has among them. */
TEST(times_are_utc)
{
    char text[CLOCK_TEXT_SIZE], least[CLOCK_TEXT_SIZE], most[CLOCK_TEXT_SIZE];
    time_t before = now();

    for (int64_t day = -before / 86400 + 1; day < 80 * 365 - before / 86400; day++) {
        clock_text_in(day * 86400 * 1000, text);
        text_of(before + day * 86400, least);
        text_of(now() + day * 86400, most);
        CHECK_INT(strlen(text), 24);
        if (strncmp(text, least, 20) < 0 || strncmp(text, most, 20) > 0)
            unit_fail(__FILE__, __LINE__, "%s is not within %s and %s", text, least, most);
    }
}
