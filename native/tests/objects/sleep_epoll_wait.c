/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* epoll_wait: times out in time, then reports the event that comes after the restart, with its data. */
#include "sleeping.h"
#include <sys/epoll.h>

static int p[2];

static void wake(void *arg)
{
    (void)arg;
    MUST(write(p[1], "x", 1));
}

int main(void)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef};

    MUST(pipe(p));
    int ep = MUST(epoll_create1(EPOLL_CLOEXEC));
    MUST(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
    pid_t pid = start_watcher(wake, NULL);
    double started = now();
    int n = epoll_wait(ep, &e, 1, (int)(NAP * 1000));
    CHECK(n >= 0, "epoll_wait: %s", strerror(errno));
    if (n == 0) {
        check_nap(started);
        memset(&e, 0, sizeof(e));
        n = epoll_wait(ep, &e, 1, -1);
        CHECK(n == 1, "epoll_wait: %s", strerror(errno));
    }
    if (sabotaged())
        e.data.u64++;
    CHECK(e.events == EPOLLIN && e.data.u64 == 0x123456789abcdef, "another event");
    expect_exit(pid, 0);
    pass();
}
