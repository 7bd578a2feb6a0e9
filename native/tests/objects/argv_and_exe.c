/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* /proc/self/cmdline, exe, comm, environ and auxv are those of this program, and argv[] can still be rewritten. */
#include "testlib.h"
#include <sys/auxv.h>
#include <sys/prctl.h>

static ssize_t slurp(const char *path, char *buf, size_t size)
{
    int fd = MUST(open(path, O_RDONLY));
    ssize_t n = MUST(read(fd, buf, size));

    close(fd);
    return n;
}

int main(int argc, char **argv)
{
    static char cmdline[4096], after[4096], environment[65536], environment_after[65536];
    char exe[PATH_MAX] = "", exe_after[PATH_MAX] = "", comm[32] = "";

    if (argc == 1) {
        execl(argv[0], argv[0], "second argument", "", "last", (char *)NULL);
        fail("exec: %s", strerror(errno));
    }
    MUST(prctl(PR_SET_NAME, "a name (odd)"));
    MUST(readlink("/proc/self/exe", exe, sizeof(exe) - 1));
    ssize_t n = slurp("/proc/self/cmdline", cmdline, sizeof(cmdline));
    ssize_t e = slurp("/proc/self/environ", environment, sizeof(environment));
    unsigned long entry = getauxval(AT_ENTRY), phdr = getauxval(AT_PHDR);
    ready();
    wait_go();
    if (sabotaged())
        argv[1][0] = 'X';
    CHECK(slurp("/proc/self/cmdline", after, sizeof(after)) == n &&
              memcmp(cmdline, after, (size_t)n) == 0,
          "/proc/self/cmdline changed to %s %s", after, after + strlen(after) + 1);
    CHECK(slurp("/proc/self/environ", environment_after, sizeof(environment_after)) == e &&
              memcmp(environment, environment_after, (size_t)e) == 0,
          "/proc/self/environ changed");
    MUST(readlink("/proc/self/exe", exe_after, sizeof(exe_after) - 1));
    CHECK(strcmp(exe, exe_after) == 0, "/proc/self/exe was %s, is %s", exe, exe_after);
    slurp("/proc/self/comm", comm, sizeof(comm));
    CHECK(strcmp(comm, "a name (odd)\n") == 0, "/proc/self/comm is %s", comm);
    CHECK(getauxval(AT_ENTRY) == entry && getauxval(AT_PHDR) == phdr, "auxiliary vector");
    argv[1][0] = 'S';
    slurp("/proc/self/cmdline", after, sizeof(after));
    CHECK(after[strlen(argv[0]) + 1] == 'S', "a rewritten argument does not show in cmdline");
    pass();
}
