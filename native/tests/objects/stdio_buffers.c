/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What lies in the buffers of stdio, for reading and for writing, is there once after the restart. */
#include "testlib.h"

int main(void)
{
    char line[64], all[64] = "";
    FILE *in, *out = fopen("out", "w+");

    CHECK(out != NULL, "fopen: %s", strerror(errno));
    fputs("one\ntwo\nthree\n", out);
    fflush(out);
    in = fopen("out", "r");
    CHECK(in != NULL && fgets(line, sizeof(line), in) && strcmp(line, "one\n") == 0, "first line");
    MUST(truncate("out", 0)); /* the rest is only in the buffer now */
    rewind(out);
    fputs("kept in the buffer, ", out);
    ready();
    wait_go();
    if (sabotaged())
        fflush(out);
    MUST(truncate("out", 0));
    fputs("finished", out);
    fclose(out);
    CHECK(fgets(line, sizeof(line), in) && strcmp(line, "two\n") == 0, "second line");
    CHECK(fgets(line, sizeof(line), in) && strcmp(line, "three\n") == 0, "third line");
    int fd = MUST(open("out", O_RDONLY));
    MUST(read(fd, all, sizeof(all) - 1));
    CHECK(strcmp(all, "kept in the buffer, finished") == 0, "the file holds '%s'", all);
    pass();
}
