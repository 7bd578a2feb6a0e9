/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What a program appends between a checkpoint and its death is gone after the restart: each line stands once.
 * One file is opened with O_APPEND, one without, one through stdio. */
/* @grows append */
#include "testlib.h"

static void check_lines(const char *name, int count)
{
    FILE *f = fopen(name, "r");
    char line[64];
    int n = 0;

    CHECK(f != NULL, "%s is gone", name);
    while (fgets(line, sizeof(line), f) != NULL) {
        CHECK(atoi(line) == n, "line %d of %s is %s", n, name, line);
        n++;
    }
    CHECK(n == count, "%s has %d lines instead of %d", name, n, count);
    fclose(f);
}

int main(void)
{
    int append = MUST(open("append", O_WRONLY | O_CREAT | O_APPEND, 0600));
    int plain = MUST(open("plain", O_WRONLY | O_CREAT, 0600));
    FILE *stdio = fopen("stdio", "w");
    char line[64];
    int n = 0, len;

    CHECK(stdio != NULL, "fopen: %s", strerror(errno));
    for (; !exists("go"); n++) {
        len = snprintf(line, sizeof(line), "%d\n", n);
        MUST(write(append, line, (size_t)len));
        MUST(write(plain, line, (size_t)len));
        fputs(line, stdio);
        if (n == 3)
            ready();
        moment(false);
    }
    fclose(stdio);
    if (sabotaged())
        MUST(write(append, line, 2));
    check_lines("append", n);
    check_lines("plain", n);
    check_lines("stdio", n);
    pass();
}
