/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* poll without a time limit wakes for the byte that another process writes after the restart, and only for it. */
#include "sleeping.h"
#include <poll.h>

static int p[2];

static void wake(void *arg)
{
    (void)arg;
    if (!sabotaged())
        MUST(write(p[1], "x", 1));
}

int main(void)
{
    MUST(pipe(p));
    pid_t pid = start_watcher(wake, NULL);
    close(p[1]);
    struct pollfd fd = {.fd = p[0], .events = POLLIN};
    int n = poll(&fd, 1, -1);
    CHECK(n == 1, "poll = %d: %s", n, strerror(errno));
    CHECK(exists("go"), "poll came back before anything happened");
    CHECK(fd.revents & POLLIN, "revents 0x%x", (unsigned int)fd.revents);
    expect_exit(pid, 0);
    pass();
}
