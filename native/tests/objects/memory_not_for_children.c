/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Memory with MADV_DONTFORK or MADV_WIPEONFORK keeps its content and its nature; locked memory stays locked. */
#include "testlib.h"
#include <sys/mman.h>

#define SIZE (64 << 10)

static char *area(uint64_t seed)
{
    char *mem = mmap(NULL, 3 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(mem != MAP_FAILED, "mmap");
    fill(mem, 3 * SIZE, seed);
    return mem + SIZE;
}

static bool has_flag(const void *at, const char *flag)
{
    char line[4096], start[32];
    bool inside = false, found = false;
    FILE *file = fopen("/proc/self/smaps", "re");

    snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, start, strlen(start)) == 0)
            inside = true;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            found = strstr(line, flag) != NULL;
            break;
        }
    }
    if (file != NULL)
        fclose(file);
    return found;
}

int main(void)
{
    char *no_fork = area(1), *wiped = area(2), *locked = area(3), *huge = area(4);

    MUST(madvise(no_fork, SIZE, MADV_DONTFORK));
    MUST(madvise(wiped, SIZE, MADV_WIPEONFORK));
    MUST(mlock(locked, SIZE));
    madvise(huge, SIZE, MADV_NOHUGEPAGE);
    bool had_advice = has_flag(huge, " nh");
    ready();
    wait_go();
    if (sabotaged())
        wiped[5]++;
    CHECK(first_wrong(no_fork - SIZE, 3 * SIZE, 1) < 0, "content of DONTFORK memory");
    CHECK(first_wrong(wiped - SIZE, 3 * SIZE, 2) < 0, "content of WIPEONFORK memory");
    CHECK(first_wrong(locked - SIZE, 3 * SIZE, 3) < 0, "content of locked memory");
    CHECK(has_flag(no_fork, " dc"), "no longer DONTFORK");
    CHECK(has_flag(wiped, " wf"), "no longer WIPEONFORK");
    CHECK(has_flag(locked, " lo"), "no longer locked");
    CHECK(has_flag(huge, " nh") == had_advice, "the advice about huge pages is gone");
    pid_t child = MUST(fork());
    if (child == 0)
        _exit(wiped[SIZE / 2] == 0 && wiped[0] == 0 ? 0 : 1);
    expect_exit(child, 0);
    pass();
}
