/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Huge pages of the hugetlb pool, private, shared with a child, and of a memfd, stay what they are; where the pool can't
 * be had the content is in ordinary memory. */
/* @needs /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages */
#include "smaps.h"
#include <sys/mman.h>

#define HUGE (2 << 20)
#define BOTH (PROT_READ | PROT_WRITE)
#define POOL "/proc/sys/vm/nr_hugepages"

static int pool_free(void)
{
    int have = 0;
    FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");

    CHECK(file != NULL && fscanf(file, "%d", &have) == 1, "how many huge pages are free?");
    fclose(file);
    return have;
}

/* The pool is the host's: root may need to make it larger, others take what there is. */
static void pool_want(int pages)
{
    FILE *file;

    if (pool_free() < pages && (file = fopen(POOL, "r+e")) != NULL) {
        fprintf(file, "%d", pages);
        fclose(file);
    }
}

static char *map(int flags, int fd)
{
    char *mem = mmap(NULL, HUGE, BOTH, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

    if (mem == MAP_FAILED) /* none to be had: the rest of the test is about ordinary memory */
        mem = mmap(NULL, HUGE, BOTH, (flags & ~MAP_HUGETLB) | MAP_ANONYMOUS, -1, 0);
    return MUST(mem);
}

int main(void)
{
    pool_want(32);
    int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
    CHECK(fd < 0 || ftruncate(fd, HUGE) == 0, "ftruncate: %s", strerror(errno));
    char *private = map(MAP_PRIVATE | MAP_HUGETLB, -1), *shared = map(MAP_SHARED | MAP_HUGETLB, -1);
    char *of_memfd = map(MAP_SHARED, fd);
    bool was_huge = smaps_flag(private, "ht");

    close(fd);
    fill(private, HUGE, 1);
    fill(shared, HUGE, 2);
    fill(of_memfd, HUGE, 3);
    pid_t pid = MUST(fork());
    if (pid == 0) {
        MUST(munmap(private, HUGE));
        wait_go();
        while (shared[0] != 'x')
            moment(false);
        shared[1] = 'y';
        _exit(0);
    }
    ready();
    wait_go();
    if (sabotaged())
    private[4711] ^= 1;
    CHECK(first_wrong(private, HUGE, 1) < 0, "content of private huge pages");
    CHECK(first_wrong(shared, HUGE, 2) < 0, "content of shared huge pages");
    CHECK(first_wrong(of_memfd, HUGE, 3) < 0, "content of a memfd of huge pages");
    if (getenv("CKPT_TEST_HUGE") != NULL) { /* the pool is all ours */
        CHECK(was_huge && smaps_flag(private, "ht"), "private memory is not of huge pages");
        CHECK(smaps_flag(shared, "ht"), "shared memory is not of huge pages");
    }
    shared[0] = 'x';
    expect_exit(pid, 0);
    CHECK(shared[1] == 'y', "no longer shared");
    pass();
}
