/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * epoll waits for open file descriptions: a registration lives on under its number when that is closed and a
 * duplicate is not, when the number means something else, and in a child in which the numbers mean other things. */
#include "testlib.h"

#include <sys/epoll.h>

static int ends[4][2];

static void wait_on(int epoll, int fd, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};

    MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void expect_event(int epoll, int writer, uint64_t data)
{
    struct epoll_event events[8];

    CHECK(epoll_wait(epoll, events, 8, 0) == 0, "something is reported before it is written");
    CHECK(write(writer, "x", 1) == 1, "write: %s", strerror(errno));
    CHECK(epoll_wait(epoll, events, 8, 1000) == 1, "not one event for %d", (int)data);
    CHECK(events[0].data.u64 == data, "data %llx", (unsigned long long)events[0].data.u64);
}

int main(void)
{
    char byte;

    for (int i = 0; i < 4; i++)
        MUST(pipe(ends[i]));
    int epoll = MUST(epoll_create1(0)), number = ends[0][0];
    int kept = MUST(dup(number)), high = MUST(fcntl(ends[1][0], F_DUPFD, 300));
    wait_on(epoll, number, 0xabcdef0123456789);
    wait_on(epoll, high, 2);
    close(high); /* the number is above all that are open */
    MUST(dup2(ends[2][0], number));
    wait_on(epoll, number, 3); /* a second one under the same number */
    pid_t child = MUST(fork());
    if (child == 0) { /* the child's numbers mean other things */
        int spare = MUST(dup(epoll));
        MUST(dup2(ends[3][0], number));
        MUST(dup2(spare, ends[3][0]));
        wait_go();
        _exit(0);
    }
    ready();
    wait_go();
    expect_exit(child, 0);
    struct epoll_event event = {.events = EPOLLIN};
    if (sabotaged())
        MUST(epoll_ctl(epoll, EPOLL_CTL_DEL, number, &event));
    expect_event(epoll, ends[0][1], 0xabcdef0123456789);
    CHECK(read(kept, &byte, 1) == 1, "read: %s", strerror(errno));
    expect_event(epoll, ends[1][1], 2);
    CHECK(read(ends[1][0], &byte, 1) == 1, "read: %s", strerror(errno));
    expect_event(epoll, ends[2][1], 3);
    CHECK(read(number, &byte, 1) == 1, "read: %s", strerror(errno));
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, number, &event) == -1 && errno == EEXIST,
          "what the number means now is not registered");
    MUST(epoll_ctl(epoll, EPOLL_CTL_DEL, number, &event));
    pass();
}
