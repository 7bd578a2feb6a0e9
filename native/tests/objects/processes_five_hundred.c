/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Three hundred children of one parent, and two hundred generations, each the child of the one before. @timeout 120 */
#include "testlib.h"
#include <poll.h>

#define WIDE 300
#define DEEP 200

static void wait_end(int fd)
{
    char byte;

    CHECK(read(fd, &byte, 1) == 0, "the pipe of the end");
}

/* Each descendant counts the ones below it. */
static int descend(int depth, int up, int end)
{
    int status;

    if (depth == DEEP) {
        CHECK(write(up, "x", 1) == 1, "write");
        wait_end(end);
        return 0;
    }
    pid_t pid = MUST(fork());
    if (pid == 0)
        _exit(descend(depth + 1, up, end));
    close(up);
    wait_end(end);
    status = status_of(pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == DEEP - depth - 1, "depth %d: status 0x%x",
          depth, status);
    return DEEP - depth;
}

int main(void)
{
    static pid_t children[WIDE];
    int up[2], end[2];
    char byte;

    MUST(pipe2(up, O_CLOEXEC));
    MUST(pipe2(end, O_CLOEXEC));
    for (int i = 0; i < WIDE; i++) {
        children[i] = MUST(fork());
        if (children[i] == 0) {
            close(end[1]);
            wait_end(end[0]);
            _exit(i % 100);
        }
    }
    pid_t deep = MUST(fork());
    if (deep == 0) {
        close(end[1]);
        _exit(descend(1, up[1], end[0]));
    }
    close(up[1]);
    CHECK(read(up[0], &byte, 1) == 1, "the deepest one has not come");
    ready();
    wait_go();
    close(end[1]);
    for (int i = 0; i < WIDE; i++)
        expect_exit(children[i], (i + sabotaged()) % 100);
    expect_exit(deep, DEEP - 1);
    pass();
}
