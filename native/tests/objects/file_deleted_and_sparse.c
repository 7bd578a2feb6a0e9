/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A deleted file of 800 MiB that is nearly all holes: it comes back with its few bytes and without blocks for the
 * rest. */
#include "testlib.h"

#define SIZE (800L << 20)

static const long places[] = {0, 123456789, 500L << 20, SIZE - 100};

int main(void)
{
    char block[100];
    struct stat before, after;
    int fd = MUST(open("sparse", O_RDWR | O_CREAT | O_EXCL, 0666));

    for (int i = 0; i < 4; i++) {
        fill(block, sizeof(block), (uint64_t)i);
        CHECK(pwrite(fd, block, sizeof(block), places[i]) == sizeof(block), "write: %s",
              strerror(errno));
    }
    MUST(fstat(fd, &before));
    MUST(lseek(fd, SIZE / 2, SEEK_SET));
    MUST(unlink("sparse"));
    ready();
    wait_go();
    if (sabotaged())
        CHECK(pwrite(fd, "x", 1, places[2]) == 1, "write");
    MUST(fstat(fd, &after));
    CHECK(after.st_size == SIZE, "%lld bytes", (long long)after.st_size);
    CHECK(after.st_blocks <= before.st_blocks + 64, "%lld blocks instead of %lld",
          (long long)after.st_blocks, (long long)before.st_blocks);
    CHECK(lseek(fd, 0, SEEK_CUR) == SIZE / 2, "the position");
    for (int i = 0; i < 4; i++) {
        CHECK(pread(fd, block, sizeof(block), places[i]) == sizeof(block), "read");
        CHECK(first_wrong(block, sizeof(block), (uint64_t)i) < 0, "the bytes at %ld", places[i]);
    }
    CHECK(pread(fd, block, 1, 1 << 20) == 1 && block[0] == 0, "a hole is not empty");
    pass();
}
