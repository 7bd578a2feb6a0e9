/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What madvise(2) has been told about memory is still known: huge pages, merging, dumps, order of access; where the
 * kernel has it, guards, sealed and droppable memory, also of a kind that children do not get. */
#include "smaps.h"
#include "touching.h"
#include <sys/mman.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE  103
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#define SIZE      (64 << 10)
#define DROPPABLE 0x08 /* MAP_DROPPABLE */

static const struct {
    int advice;
    const char *flag;
} advices[] = {
    {MADV_HUGEPAGE, "hg"}, {MADV_NOHUGEPAGE, "nh"}, {MADV_MERGEABLE, "mg"},
    {MADV_DONTDUMP, "dd"}, {MADV_SEQUENTIAL, "sr"}, {MADV_RANDOM, "rr"},
};
#define N (int)(sizeof(advices) / sizeof(advices[0]))

static char *map(int flags)
{
    return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
    char *mem[N], *guarded = map(MAP_PRIVATE), *shared = map(MAP_SHARED),
                  *sealed = map(MAP_PRIVATE);
    char *droppable = map(DROPPABLE);
    bool has[N];

    signal(SIGSEGV, touching_failed);
    for (int i = 0; i < N; i++) {
        mem[i] = map(MAP_PRIVATE);
        has[i] = madvise(mem[i], SIZE, advices[i].advice) == 0;
        fill(mem[i], SIZE, (uint64_t)i);
    }
    fill(guarded, SIZE, 50);
    fill(shared, SIZE, 51);
    fill(sealed, SIZE, 52);
    bool has_guard = madvise(guarded + 8192, 8192, MADV_GUARD_INSTALL) == 0;
    /* What lies behind it only root can see. */
    bool has_shared_guard = geteuid() == 0 && madvise(shared + 8192, 8192, MADV_GUARD_INSTALL) == 0;
    bool has_seal = syscall(SYS_mseal, sealed, SIZE, 0) == 0;
    ready();
    wait_go();
    if (sabotaged()) {
        mem[1][77] ^= 1;
        MUST(madvise(mem[0], SIZE, MADV_NOHUGEPAGE));
    }
    for (int i = 0; i < N; i++) {
        CHECK(!has[i] || smaps_flag(mem[i], advices[i].flag), "lost: %s", advices[i].flag);
        CHECK(first_wrong(mem[i], SIZE, (uint64_t)i) < 0, "content under %s", advices[i].flag);
    }
    if (has_guard) {
        CHECK(touching(guarded + 8191) == 0 && touching(guarded + 8192) == SIGSEGV &&
                  touching(guarded + 16383) == SIGSEGV && touching(guarded + 16384) == 0,
              "the guard");
        MUST(madvise(guarded, SIZE, MADV_GUARD_REMOVE));
        CHECK(guarded[8192] == 0, "behind the guard");
    }
    CHECK(first_wrong(guarded, 8192, 50) < 0, "content beside the guard");
    if (has_shared_guard) {
        CHECK(touching(shared + 8192) == SIGSEGV, "the guard in shared memory");
        MUST(madvise(shared, SIZE, MADV_GUARD_REMOVE));
    }
    CHECK(first_wrong(shared, SIZE, 51) < 0, "content of shared memory with a guard");
    CHECK(!has_seal || munmap(sealed, SIZE) < 0, "the seal is broken");
    CHECK(first_wrong(sealed, SIZE, 52) < 0, "content of sealed memory");
    if (droppable != MAP_FAILED) {
        CHECK(smaps_flag(droppable, "dp"), "no longer droppable");
        droppable[5] = 5;
    }
    pass();
}
