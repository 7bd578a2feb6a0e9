/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* 100 GiB of private and 8 GiB of shared memory that are reserved and hardly used cost nothing: neither room on disk
 * nor memory, before and after. */
#include "testlib.h"
#include <sys/mman.h>

#define GIB (1UL << 30)

static long kib_of(const char *name)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "re");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            kib = atol(line + strlen(name) + 1);
    }
    if (file != NULL)
        fclose(file);
    return kib;
}

static char *reserve(size_t size, int protection, int flags)
{
    char *mem = mmap(NULL, size, protection, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CHECK(mem != MAP_FAILED, "mmap of %zu bytes: %s", size, strerror(errno));
    return mem;
}

int main(void)
{
    char *private = reserve(50 * GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    char *closed = mmap(NULL, 50 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *shared = reserve(8 * GIB, PROT_READ | PROT_WRITE, MAP_SHARED);

    CHECK(closed != MAP_FAILED, "mmap of a closed area: %s", strerror(errno));
    MUST(madvise(private, 50 * GIB, MADV_NOHUGEPAGE));
    strcpy(private + 33 * GIB, "private");
    strcpy(shared + 5 * GIB, "shared");
    ready();
    wait_go();
    if (sabotaged())
        memset(shared + GIB, 1, 64 << 20);
    CHECK(strcmp(private + 33 * GIB, "private") == 0, "the private content");
    CHECK(strcmp(shared + 5 * GIB, "shared") == 0, "the shared content");
    CHECK(private[GIB] == 0 && shared[7 * GIB] == 0, "holes are not zero");
    CHECK(kib_of("VmRSS:") < (32 << 10), "%ld KiB are resident", kib_of("VmRSS:"));
    CHECK(mprotect(closed + 7 * GIB, 4096, PROT_READ | PROT_WRITE) == 0, "the closed area");
    closed[7 * GIB] = 1;
    pass();
}
