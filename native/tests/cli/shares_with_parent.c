/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Has a child that shares something with it, until the file "child_ends" is there; then goes on without. The argument
 * says what: vfork, memory, descriptors. */
#include "testlib.h"
#include <sched.h>

static int child(void *unused)
{
    (void)unused;
    ready();
    while (!exists("child_ends"))
        moment(false);
    _exit(6);
}

int main(int argc, char **argv)
{
    static char stack[65536] __attribute__((aligned(16)));
    const char *how = argc > 1 ? argv[1] : "";
    int flags = strcmp(how, "vfork") == 0    ? CLONE_VM | CLONE_VFORK
                : strcmp(how, "memory") == 0 ? CLONE_VM
                                             : CLONE_FILES;

    expect_exit(MUST(clone(child, stack + sizeof(stack), flags | SIGCHLD, NULL)), 6);
    touch("second");
    wait_go();
    pass();
}
