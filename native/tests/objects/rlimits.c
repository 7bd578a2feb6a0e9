/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Resource limits, soft and hard, and the score that the killer of processes adds. */
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

static void oom_score_write(const char *text)
{
    int fd = MUST(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));

    MUST(write(fd, text, strlen(text)));
    close(fd);
}

static int oom_score(void)
{
    char text[16] = "";
    int fd = MUST(open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC));

    MUST(read(fd, text, sizeof(text) - 1));
    close(fd);
    return atoi(text);
}

int main(void)
{
    set(RLIMIT_NOFILE, 200, 400);
    set(RLIMIT_CORE, 0, 0);
    set(RLIMIT_FSIZE, 1 << 30, RLIM_INFINITY);
    set(RLIMIT_STACK, 4 << 20, 16 << 20);
    oom_score_write("321");
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
    CHECK(oom_score() == 321, "oom_score_adj %d", oom_score());
    pass();
}
