/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Resource limits, soft and hard. */
#include "testlib.h"
#include <sys/resource.h>

static void set(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {soft, hard};

    MUST(setrlimit(resource, &limit));
}

static void expect(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit;

    MUST(getrlimit(resource, &limit));
    CHECK(limit.rlim_cur == soft && limit.rlim_max == hard, "limit %d is %lu, %lu", resource,
          (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
}

int main(void)
{
    set(RLIMIT_NOFILE, 200, 400);
    set(RLIMIT_CORE, 0, 0);
    set(RLIMIT_FSIZE, 1 << 30, RLIM_INFINITY);
    set(RLIMIT_STACK, 4 << 20, 16 << 20);
    ready();
    wait_go();
    if (sabotaged())
        set(RLIMIT_NOFILE, 201, 400);
    expect(RLIMIT_NOFILE, 200, 400);
    expect(RLIMIT_CORE, 0, 0);
    expect(RLIMIT_FSIZE, 1 << 30, RLIM_INFINITY);
    expect(RLIMIT_STACK, 4 << 20, 16 << 20);
    CHECK(dup2(0, 199) == 199, "descriptor 199 is refused");
    CHECK(dup2(0, 200) == -1, "descriptor 200 is allowed");
    pass();
}
