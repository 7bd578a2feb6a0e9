/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Starts /bin/true the given number of times and prints the microseconds of one start, end and wait. */
#include "../tests/lib/testlib.h"
#include <spawn.h>

extern char **environ;

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 500;
    char *args[] = {"true", NULL};
    double start = 0;

    for (int i = -count / 10; i < count; i++) { /* the first ones only warm up */
        pid_t pid;

        if (i == 0)
            start = now();
        CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, args, environ) == 0, "posix_spawn");
        expect_exit(pid, 0);
    }
    printf("%.1f\n", (now() - start) / count * 1e6);
    return 0;
}
