/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A process that was forked when its parent had threads, and has made no call but a read that nobody answers yet. The
 * parent's libc has a handler of its own for the checkpoint signal by then, and the child has inherited it. */
#include "testlib.h"
#include <pthread.h>

static void *thread(void *arg)
{
    wait_go();
    return arg;
}

static int child(int from)
{
    char byte = 0;

    if (read(from, &byte, 1) != 1)
        return 1;
    return byte;
}

int main(void)
{
    pthread_t id;
    int ends[2];

    CHECK(pthread_create(&id, NULL, thread, NULL) == 0, "pthread_create");
    MUST(pipe(ends));
    pid_t pid = MUST(fork());
    if (pid == 0)
        _exit(child(ends[0]));
    wait_asleep(pid, pid);
    ready();
    wait_go();
    char byte = sabotaged() ? 8 : 7;
    MUST(write(ends[1], &byte, 1));
    expect_exit(pid, 7);
    CHECK(pthread_join(id, NULL) == 0, "pthread_join");
    pass();
}
