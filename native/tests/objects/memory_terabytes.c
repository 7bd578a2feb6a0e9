/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Terabytes of memory of which a few pages are used, as address sanitizers have it: an image takes no longer than that.
 * Before Linux 6.7 nothing but reading tells where there are pages, so that there it is less. */
#include "testlib.h"
#include <sys/ioctl.h>
#include <sys/mman.h>

#define PLACES 5

static size_t size_choose(void)
{
    struct {
        unsigned long long of_it[12];
    } none = {{0}};
    int fd = MUST(open("/proc/self/pagemap", O_RDONLY));
    bool is_known = ioctl(fd, _IOWR('f', 16, none), &none) == 0 || errno != ENOTTY;

    close(fd);
    return (is_known ? 8UL << 40 : 8UL << 30);
}

int main(void)
{
    size_t size = size_choose(), step = (size - sizeof(long)) / (PLACES - 1) & ~7UL;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CHECK(memory != MAP_FAILED, "mmap: %s", strerror(errno));
    for (long i = 0; i < PLACES; i++)
        *(long *)(memory + (size_t)i * step) = 42 + i;
    ready();
    wait_go();
    if (sabotaged())
        *(long *)(memory + step) = 0;
    for (long i = 0; i < PLACES; i++) {
        long got = *(long *)(memory + (size_t)i * step);
        CHECK(got == 42 + i, "place %ld has %ld", i, got);
        *(long *)(memory + (size_t)i * step + (i == PLACES - 1 ? -8 : 8)) = 1;
    }
    CHECK(memory[step / 2] == 0, "there is something in between");
    pass();
}
