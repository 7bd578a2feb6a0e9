/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * epoll: one-shot registrations that have reported stay silent until they are armed again, edges, exclusive waiters,
 * an epoll descriptor within another, eventfd, timerfd and signalfd as members. */
#include "testlib.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int epoll;

static void control(int set, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    MUST(epoll_ctl(set, operation, fd, &event));
}

/* Exactly these descriptors are reported now, in any order. */
static void expect(int set, int count, const int *fds, const char *when)
{
    struct epoll_event events[8];
    int got = MUST(epoll_wait(set, events, 8, count == 0 ? 0 : 1000));

    CHECK(got == count, "%s: %d events, not %d", when, got, count);
    for (int i = 0; i < count; i++) {
        bool found = false;
        for (int j = 0; j < got; j++)
            found |= events[j].data.fd == fds[i];
        CHECK(found, "%s: nothing from descriptor %d", when, fds[i]);
    }
}

int main(void)
{
    int pair[2], ends[2], value;
    sigset_t set;
    struct itimerspec soon = {.it_value.tv_nsec = 1000000};

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    epoll = MUST(epoll_create1(EPOLL_CLOEXEC));
    int inner = MUST(epoll_create1(0)), event = MUST(eventfd(0, EFD_NONBLOCK));
    int timer = MUST(timerfd_create(CLOCK_MONOTONIC, 0)), signals = MUST(signalfd(-1, &set, 0));
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    MUST(pipe(ends));
    control(epoll, EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLONESHOT);
    CHECK(write(pair[1], "ab", 2) == 2, "write: %s", strerror(errno));
    expect(epoll, 1, &pair[0], "one-shot");
    expect(epoll, 0, NULL, "one-shot again");
    control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE);
    control(epoll, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLET);
    control(epoll, EPOLL_CTL_ADD, inner, EPOLLIN);
    control(inner, EPOLL_CTL_ADD, timer, EPOLLIN);
    control(inner, EPOLL_CTL_ADD, signals, EPOLLIN);
    ready();
    wait_go();
    if (sabotaged())
        control(epoll, EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLONESHOT);
    expect(epoll, 0, NULL, "before anything happens");
    MUST(kill(getpid(), SIGUSR1));
    expect(inner, 1, &signals, "signal");
    MUST(timerfd_settime(timer, 0, &soon, NULL));
    expect(epoll, 1, &inner, "nested");
    struct signalfd_siginfo info;
    CHECK(read(signals, &info, sizeof(info)) == sizeof(info), "the signal");
    uint64_t count = 1;
    CHECK(read(timer, &count, sizeof(count)) == sizeof(count), "the timer");
    expect(epoll, 0, NULL, "all taken");
    CHECK(write(event, &count, sizeof(count)) == sizeof(count), "eventfd");
    expect(epoll, 1, &event, "an edge");
    expect(epoll, 0, NULL, "the same edge");
    CHECK(write(ends[1], "x", 1) == 1, "pipe");
    expect(epoll, 1, &ends[0], "exclusive");
    expect(epoll, 1, &ends[0], "exclusive, level triggered");
    CHECK(read(ends[0], &value, 1) == 1, "pipe");
    close(pair[1]);
    expect(epoll, 0, NULL, "the end of a disabled one");
    control(epoll, EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLONESHOT);
    expect(epoll, 1, &pair[0], "armed again");
    pass();
}
