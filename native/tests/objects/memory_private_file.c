/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A private mapping of a file: modified pages keep the change, others follow the file, also a deleted one that
 * ends before its mapping does. */
#include "testlib.h"
#include <sys/mman.h>

#define SIZE 40960

static char *map(const char *name, uint64_t seed, size_t mapped)
{
    char data[SIZE];
    int fd = MUST(open(name, O_RDWR | O_CREAT, 0600));

    fill(data, SIZE, seed);
    MUST(write(fd, data, SIZE));
    char *p = MUST(mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    close(fd);
    return p;
}

int main(void)
{
    char *kept = map("kept", 1, SIZE), *deleted = map("deleted", 2, SIZE + 8192), *second;
    int fd = MUST(open("kept", O_RDWR));

    second = MUST(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 8192));
    memcpy(kept + 5000, "changed", 7);
    memcpy(deleted + 5000, "changed", 7);
    MUST(unlink("deleted"));
    ready();
    wait_go();
    if (sabotaged())
        kept[5001] = 'x';
    CHECK(memcmp(kept + 5000, "changed", 7) == 0, "the change is lost");
    CHECK(memcmp(deleted + 5000, "changed", 7) == 0, "the change in the deleted file is lost");
    CHECK(first_wrong(kept, 5000, 1) < 0, "unchanged bytes");
    CHECK(first_wrong(deleted, 5000, 2) < 0, "unchanged bytes of the deleted file");
    CHECK(memcmp(second, kept + 8192, 4096) == 0, "the mapping at an offset");
    CHECK(pread(fd, kept, 4096, 4096) == 4096, "read");
    CHECK(memcmp(kept + 904, "changed", 7) != 0, "the change went into the file");
    MUST(pwrite(fd, "file", 4, 36864 + 10));
    CHECK(memcmp(kept + 36864 + 10, "file", 4) == 0,
          "an untouched page no longer follows the file");
    pass();
}
