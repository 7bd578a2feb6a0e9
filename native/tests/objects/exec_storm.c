/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Two thousand short processes, some started by fork, some by vfork, some by posix_spawn, from two parents: each runs
 * once and its status arrives. @timeout 120 */
#include "testlib.h"
#include <spawn.h>

#define EACH 1000

extern char **environ;

static pid_t start(int kind, const char *code)
{
    char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)"exit $0", (char *)code, NULL};
    pid_t pid;

    if (kind == 0) {
        CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ) == 0, "posix_spawn");
        return pid;
    }
    pid = kind == 1 ? fork() : vfork();
    if (pid == 0) {
        execv("/bin/sh", arguments);
        _exit(127);
    }
    CHECK(pid > 0, "fork: %s", strerror(errno));
    return pid;
}

static void parent(int count)
{
    char text[2][8];
    pid_t pids[2];

    for (int i = 0; i < count; i += 2) {
        for (int j = 0; j < 2; j++) {
            snprintf(text[j], sizeof(text[j]), "%d", (i + j) % 100);
            pids[j] = start((i + j) % 3, text[j]);
        }
        expect_exit(pids[1], (i + 1) % 100);
        expect_exit(pids[0], i % 100);
        if (i == 20)
            ready();
    }
}

int main(void)
{
    pid_t other = MUST(fork());

    if (other == 0) {
        parent(EACH);
        CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "a child too many");
        _exit(17);
    }
    parent(EACH);
    expect_exit(other, sabotaged() ? 18 : 17);
    wait_go();
    pass();
}
