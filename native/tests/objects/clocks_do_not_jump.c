/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* CLOCK_MONOTONIC and CLOCK_BOOTTIME go on: no jump back, none of more than the time the restarts took. */
#include "testlib.h"

static double clock_at(clockid_t id)
{
    struct timespec t;

    MUST(clock_gettime(id, &t));
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
    double mono = clock_at(CLOCK_MONOTONIC), boot = clock_at(CLOCK_BOOTTIME);
    double first_mono = mono, first_boot = boot, largest = 0;

    ready();
    do {
        moment(false);
        double m = clock_at(CLOCK_MONOTONIC), b = clock_at(CLOCK_BOOTTIME);
        CHECK(m >= mono, "CLOCK_MONOTONIC went back by %.6f s", mono - m);
        CHECK(b >= boot, "CLOCK_BOOTTIME went back by %.6f s", boot - b);
        if (m - mono > largest)
            largest = m - mono;
        mono = m;
        boot = b;
    } while (!exists("go"));
    if (sabotaged())
        largest = 30;
    CHECK(largest < 20, "CLOCK_MONOTONIC jumped by %.3f s", largest);
    CHECK(boot - first_boot < mono - first_mono + 25, "CLOCK_BOOTTIME ran ahead");
    pass();
}
