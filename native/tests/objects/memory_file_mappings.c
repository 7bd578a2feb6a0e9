/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Mappings of a file that has been removed, renamed, cut short, replaced; the pages behind its end; /dev/zero. What may
 * be made writable later still may. */
#include "testlib.h"
#include "touching.h"
#include <sys/mman.h>

#define SIZE (5 * 4096 + 100)

static char *map(const char *name, uint64_t seed, int flags, int protection)
{
    char data[SIZE];
    int fd = MUST(open(name, O_RDWR | O_CREAT | O_TRUNC, 0600));

    fill(data, SIZE, seed);
    CHECK(write(fd, data, SIZE) == SIZE, "write");
    char *mem = mmap(NULL, SIZE, protection, flags, fd, 0);
    CHECK(mem != MAP_FAILED, "mmap");
    close(fd);
    return mem;
}

#define BOTH (PROT_READ | PROT_WRITE)

int main(void)
{
    char *removed = map("removed", 1, MAP_PRIVATE, BOTH);
    char *removed_shared = map("removed_shared", 2, MAP_SHARED, BOTH);
    char *renamed = map("renamed", 3, MAP_SHARED, BOTH);
    char *replaced = map("replaced", 4, MAP_PRIVATE, PROT_READ);
    char *cut = map("cut", 5, MAP_SHARED, BOTH);
    char *cut_removed = map("cut_removed", 6, MAP_SHARED, BOTH);
    char *later = map("later", 7, MAP_SHARED, PROT_READ);
    int zero = MUST(open("/dev/zero", O_RDWR));
    char *zero_private = MUST(mmap(NULL, SIZE, BOTH, MAP_PRIVATE, zero, 0));
    char *zero_shared = MUST(mmap(NULL, SIZE, BOTH, MAP_SHARED, zero, 0));

    signal(SIGBUS, touching_failed);
    close(zero);
    zero_private[5000] = zero_shared[6000] = 7;
    removed[0] ^= 1;
    MUST(unlink("removed"));
    MUST(unlink("removed_shared"));
    MUST(rename("renamed", "another name"));
    MUST(rename("replaced", "old"));
    munmap(map("replaced", 44, MAP_PRIVATE, BOTH), SIZE);
    MUST(unlink("old"));
    MUST(truncate("cut", 4096));
    MUST(truncate("cut_removed", 4096));
    MUST(unlink("cut_removed"));
    ready();
    wait_go();
    if (sabotaged())
        removed_shared[4711] ^= 1;
    removed[0] ^= 1;
    CHECK(first_wrong(removed, SIZE, 1) < 0, "the removed file");
    CHECK(first_wrong(removed_shared, SIZE, 2) < 0, "the removed file that was mapped shared");
    CHECK(first_wrong(renamed, SIZE, 3) < 0, "the renamed file");
    CHECK(first_wrong(replaced, SIZE, 4) < 0, "the replaced file");
    CHECK(first_wrong(cut, 4096, 5) < 0 && touching(cut + 4096) == SIGBUS, "the file cut short");
    CHECK(first_wrong(cut_removed, 4096, 6) < 0, "the removed file cut short");
    CHECK(touching(cut_removed + 3 * 4096) == SIGBUS, "there is something behind its end");
    CHECK(mprotect(later, SIZE, BOTH) == 0, "it can't be made writable: %s", strerror(errno));
    later[3] = 'x';
    renamed[4] = 'y';
    char got = 0;
    CHECK(pread(open("later", O_RDONLY), &got, 1, 3) == 1 && got == 'x',
          "the file does not follow");
    CHECK(pread(open("another name", O_RDONLY), &got, 1, 4) == 1 && got == 'y', "the renamed one");
    CHECK(zero_private[5000] == 7 && zero_shared[6000] == 7, "/dev/zero");
    pass();
}
