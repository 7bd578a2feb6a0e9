/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Locked memory stays locked: by mlock, by mlock2 once touched, by raw calls, by mlockall; what is mapped later is
 * locked if that had been asked for. */
#include "smaps.h"
#include <sys/mman.h>

#define SIZE (32 << 10)

static char *map(void)
{
    return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A child, since locking all is a matter of the whole process. */
static void child(void)
{
    MUST(mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
    char *mem = map();
    fill(mem, SIZE, 4);
    touch("child");
    wait_go();
    CHECK(smaps_flag(mem, "lo") && smaps_flag(mem, "lf"), "not locked in the child");
    char *later = map();
    CHECK(smaps_flag(later, "lo") && smaps_flag(later, "lf"), "what is mapped later is not locked");
    CHECK(first_wrong(mem, SIZE, 4) < 0, "content in the child");
    MUST(munlockall());
    CHECK(!smaps_flag(mem, "lo"), "it can't be unlocked");
    _exit(0);
}

int main(void)
{
    pid_t pid = MUST(fork());
    if (pid == 0)
        child();
    wait_for("child", false);
    char *hole = map(), *locked = map(), *between = map(), *lazily = map();
    MUST(munmap(hole, SIZE));
    fill(locked, SIZE, 1);
    MUST(syscall(SYS_mlock, locked, SIZE));
    MUST(mlock2(lazily, SIZE, MLOCK_ONFAULT));
    fill(lazily, 4096, 3);
    ready();
    wait_go();
    if (sabotaged())
        MUST(munlock(locked, SIZE));
    CHECK(smaps_flag(locked, "lo") && !smaps_flag(locked, "lf"), "no longer locked");
    CHECK(smaps_flag(lazily, "lo") && smaps_flag(lazily, "lf"), "no longer locked once touched");
    CHECK(!smaps_flag(between, "lo"), "locked although nobody wanted that");
    CHECK(atoi(smaps_line(lazily, "Rss:")) == 4, "%s KiB there", smaps_line(lazily, "Rss:"));
    CHECK(first_wrong(locked, SIZE, 1) < 0 && first_wrong(lazily, 4096, 3) < 0, "content");
    expect_exit(pid, 0);
    pass();
}
