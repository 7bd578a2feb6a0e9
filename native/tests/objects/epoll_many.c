/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * More than a thousand descriptors, some at high numbers, all in one epoll set: the limit of open files is raised as far
 * as it goes. */
#include "testlib.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define COUNT 1500

static int fds[COUNT];

int main(void)
{
    struct rlimit limit;
    int epoll = MUST(epoll_create1(0)), want = COUNT;

    MUST(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    MUST(setrlimit(RLIMIT_NOFILE, &limit));
    /* Ours come above the program's: where the limit is low there is room for less. */
    if (limit.rlim_max < 2 * COUNT + 200)
        want = (int)limit.rlim_max / 2 - 100;
    for (int i = 0; i < want; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        fds[i] = MUST(eventfd(0, EFD_NONBLOCK));
        MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event));
    }
    int high =
        MUST(fcntl(fds[want - 1], F_DUPFD_CLOEXEC, limit.rlim_max > 60000 ? 50000 : 2 * want));
    close(fds[want - 1]);
    fds[want - 1] = high;
    ready();
    wait_go();
    if (sabotaged())
        close(fds[7]);
    CHECK(fcntl(high, F_GETFD) == FD_CLOEXEC, "descriptor %d", high);
    for (int i = 0; i < want; i++) {
        uint64_t one = 1;
        struct epoll_event event;
        CHECK(write(fds[i], &one, sizeof(one)) == sizeof(one), "write to %d: %s", fds[i],
              strerror(errno));
        CHECK(epoll_wait(epoll, &event, 1, 0) == 1 && event.data.u32 == (uint32_t)i, "event %d", i);
        CHECK(read(fds[i], &one, sizeof(one)) == sizeof(one) && one == 1, "counter %d", i);
    }
    struct rlimit now_limit;
    MUST(getrlimit(RLIMIT_NOFILE, &now_limit));
    CHECK(now_limit.rlim_cur == limit.rlim_cur, "the limit is %llu",
          (unsigned long long)now_limit.rlim_cur);
    pass();
}
