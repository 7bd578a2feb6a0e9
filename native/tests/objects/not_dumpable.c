/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process that hides itself from its own user, as agents that hold keys do, is carried, and is never seen to be
 * dumpable by itself. */
#include "testlib.h"
#include <sys/prctl.h>

#define SIZE (1 << 20)

int main(void)
{
    static unsigned char secret[SIZE];
    char name[] = "secretXXXXXX", word[8] = "";
    int ends[2];

    MUST(prctl(PR_SET_DUMPABLE, 0));
    fill(secret, SIZE, 7);
    int fd = MUST(mkstemp(name));
    MUST(write(fd, "on disk", 7));
    MUST(pipe(ends));
    MUST(write(ends[1], "in pipe", 7));
    ready();
    while (!exists("go")) {
        moment(false);
        CHECK(prctl(PR_GET_DUMPABLE) == 0, "dumpable while it ran");
    }
    if (sabotaged())
        MUST(prctl(PR_SET_DUMPABLE, 1));
    CHECK(prctl(PR_GET_DUMPABLE) == 0, "dumpable afterwards");
    CHECK(first_wrong(secret, SIZE, 7) == -1, "memory");
    CHECK(pread(fd, word, 7, 0) == 7 && memcmp(word, "on disk", 7) == 0, "file");
    CHECK(read(ends[0], word, 7) == 7 && memcmp(word, "in pipe", 7) == 0, "pipe");
    MUST(unlink(name));
    pass();
}
