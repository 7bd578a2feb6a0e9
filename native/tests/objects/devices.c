/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* /dev/null, /dev/zero, /dev/full, /dev/urandom stay open and do what they do. */
#include "testlib.h"

static int device(const char *name, int flags)
{
    char path[32];

    snprintf(path, sizeof(path), "/dev/%s", name);
    return MUST(open(path, flags));
}

int main(void)
{
    int null = device("null", O_RDWR), zero = device("zero", O_RDWR);
    int full = device("full", O_WRONLY), random = device("urandom", O_RDONLY | O_CLOEXEC);
    char a[32], b[32];

    ready();
    wait_go();
    if (sabotaged())
        MUST(dup2(null, zero));
    CHECK(read(null, a, 1) == 0 && write(null, "x", 1) == 1, "/dev/null");
    memset(a, 1, sizeof(a));
    memset(b, 0, sizeof(b));
    CHECK(read(zero, a, sizeof(a)) == (ssize_t)sizeof(a) && memcmp(a, b, sizeof(a)) == 0,
          "/dev/zero");
    CHECK(write(full, "x", 1) == -1 && errno == ENOSPC, "/dev/full");
    CHECK(read(random, a, sizeof(a)) == (ssize_t)sizeof(a), "/dev/urandom");
    CHECK(read(random, b, sizeof(b)) == (ssize_t)sizeof(b), "/dev/urandom");
    CHECK(memcmp(a, b, sizeof(a)) != 0, "/dev/urandom repeats itself");
    CHECK(fcntl(random, F_GETFD) == FD_CLOEXEC, "FD_CLOEXEC of /dev/urandom");
    pass();
}
