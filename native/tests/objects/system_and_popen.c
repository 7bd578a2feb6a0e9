/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* system() and popen() with their children alive across the checkpoint. */
#include "testlib.h"

#define WAIT "until [ -e go ]; do sleep 0.02; done; "

int main(void)
{
    FILE *from = popen("echo one; " WAIT "echo two; exit 3", "r");
    FILE *to = popen("cat >written", "w");
    char line[16], buf[64] = "";

    CHECK(from != NULL && to != NULL, "popen: %s", strerror(errno));
    CHECK(fgets(line, sizeof(line), from) != NULL && strcmp(line, "one\n") == 0, "first line");
    CHECK(fputs("before ", to) >= 0, "fputs"); /* stays in the buffer of this stream */
    CHECK(system(": >ready; " WAIT "exit 5") == 5 << 8, "system() lost the exit code");
    CHECK(fgets(line, sizeof(line), from) != NULL && strcmp(line, "two\n") == 0, "second line");
    CHECK(pclose(from) == (sabotaged() ? 0 : 3 << 8), "pclose lost the exit code");
    CHECK(fputs("after\n", to) >= 0, "fputs");
    CHECK(pclose(to) == 0, "pclose of the writer");
    int fd = MUST(open("written", O_RDONLY));
    MUST(read(fd, buf, sizeof(buf) - 1));
    CHECK(strcmp(buf, "before after\n") == 0, "cat got '%s'", buf);
    pass();
}
