/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A subreaper gets the orphans of its descendants, those that it had at the checkpoint and those that come
 * later. */
#include "testlib.h"
#include <sys/mman.h>
#include <sys/prctl.h>

static pid_t *pids; /* shared: [0] made an orphan before the checkpoint, [1] after it */

static void grandchild(int index)
{
    pids[index] = getpid();
    wait_for(index == 0 ? "first_ends" : "second_ends", false);
    _exit(20 + index);
}

/* A child that makes a grandchild and ends when the file says so. */
static pid_t middle(int index, const char *until)
{
    pid_t pid = MUST(fork());

    if (pid == 0) {
        if (MUST(fork()) == 0)
            grandchild(index);
        while (pids[index] == 0)
            moment(false);
        if (until != NULL)
            wait_for(until, false);
        _exit(10 + index);
    }
    return pid;
}

static pid_t parent_of(pid_t pid)
{
    char path[64], buf[512];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = MUST(open(path, O_RDONLY | O_CLOEXEC));
    ssize_t n = MUST(read(fd, buf, sizeof(buf) - 1));
    close(fd);
    buf[n] = '\0';
    return (pid_t)atoi(strrchr(buf, ')') + 4);
}

int main(void)
{
    int reaps = 0;

    pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
    expect_exit(middle(0, NULL), 10);
    pid_t second = middle(1, "go");
    while (pids[1] == 0)
        moment(false);
    CHECK(parent_of(pids[0]) == getpid(), "the first orphan's parent is %d", parent_of(pids[0]));
    ready();
    wait_go();
    if (sabotaged())
        MUST(prctl(PR_SET_CHILD_SUBREAPER, 0));
    MUST(prctl(PR_GET_CHILD_SUBREAPER, &reaps));
    CHECK(reaps == !sabotaged(), "PR_GET_CHILD_SUBREAPER says %d", reaps);
    CHECK(parent_of(pids[0]) == getpid(), "the first orphan's parent is %d", parent_of(pids[0]));
    expect_exit(second, 11);
    CHECK(parent_of(pids[1]) == getpid(), "the second orphan's parent is %d", parent_of(pids[1]));
    touch("first_ends");
    expect_exit(pids[0], 20);
    touch("second_ends");
    expect_exit(pids[1], 21);
    pass();
}
