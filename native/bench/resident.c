/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Keeps the given number of MiB resident, filled so that no two pages are alike. Prints the milliseconds of a bare
 * fork of itself, creates the file "ready", then writes the time of day into the file "tick" every millisecond until
 * "go" exists. */
#include "../tests/lib/testlib.h"
#include <sys/mman.h>

#define FORKS 5

static double fork_ms(void)
{
    double best = 1e9;

    for (int i = 0; i < FORKS; i++) {
        double start = now(), took;
        pid_t pid = MUST(fork());

        if (pid == 0)
            _exit(0);
        took = (now() - start) * 1000;
        expect_exit(pid, 0);
        if (took < best)
            best = took;
    }
    return best;
}

int main(int argc, char **argv)
{
    size_t size = (size_t)(argc > 1 ? atoi(argv[1]) : 64) << 20;
    int kind = argc > 2 && strcmp(argv[2], "shared-pages") == 0 ? MAP_SHARED : MAP_PRIVATE;
    uint64_t *mem = MUST(mmap(NULL, size, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0));
    struct timespec t = {.tv_nsec = 1000000};
    int fd = MUST(open("tick", O_RDWR | O_CREAT | O_TRUNC, 0600));

    if (argc > 2 && strcmp(argv[2], "small-pages") == 0)
        MUST(madvise(mem, size, MADV_NOHUGEPAGE));
    for (size_t i = 0; i < size / sizeof(*mem); i++)
        mem[i] = i * 0x9e3779b97f4a7c15u;
    printf("%.3f\n", fork_ms());
    fflush(stdout);
    ready();
    while (!exists("go")) {
        struct timespec at;
        clock_gettime(CLOCK_REALTIME, &at);
        uint64_t tick = (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
        MUST(pwrite(fd, &tick, sizeof(tick), 0));
        nanosleep(&t, NULL);
    }
    return 0;
}
