/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A tree of processes four levels deep keeps its ids, its parents and the exit code of each of its members. */
#include "testlib.h"

#define DEPTH    4
#define CHILDREN 2

static pid_t first_to_announce;

/* One process of the tree; its exit code is the number of processes below it, and itself. */
static int node(int depth, int announce)
{
    pid_t child[CHILDREN], me = getpid(), parent = getppid();
    int count = 1;

    for (int i = 0; depth < DEPTH && i < CHILDREN; i++) {
        child[i] = MUST(fork());
        if (child[i] == 0)
            _exit(node(depth + 1, announce));
    }
    MUST(write(announce, "x", 1));
    wait_go();
    CHECK(getpid() == me, "pid %d became %d", (int)me, (int)getpid());
    CHECK(getppid() == parent, "parent %d became %d", (int)parent, (int)getppid());
    if (sabotaged() && depth == DEPTH)
        return 0;
    for (int i = 0; depth < DEPTH && i < CHILDREN; i++) {
        int status = status_of(child[i]);

        CHECK(WIFEXITED(status), "child %d: wait status 0x%x", (int)child[i], status);
        count += WEXITSTATUS(status);
    }
    return count;
}

int main(void)
{
    int announce[2], total = (1 << (DEPTH + 1)) - 1;
    char c;

    first_to_announce = getpid();
    MUST(pipe(announce));
    pid_t root = MUST(fork());
    if (root == 0)
        _exit(node(0, announce[1]));
    for (int i = 0; i < total; i++)
        MUST(read(announce[0], &c, 1));
    ready();
    wait_go();
    CHECK(getpid() == first_to_announce, "the first process changed its pid");
    expect_exit(root, total);
    pass();
}
