/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Socket pairs: options, O_NONBLOCK, directions that have been shut down, and ends whose other end has been closed with
 * bytes still unread. */
#include "testlib.h"

#include <sys/socket.h>
#include <sys/time.h>

static int get(int fd, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);

    MUST(getsockopt(fd, SOL_SOCKET, option, &value, &size));
    return value;
}

static void set(int fd, int option, int value)
{
    MUST(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)));
}

int main(void)
{
    int pair[2], half[2], ended[2], buffers[2];
    struct timeval limit = {.tv_sec = 12, .tv_usec = 500000}, seen;
    socklen_t size = sizeof(seen);
    char byte;

    signal(SIGPIPE, SIG_IGN);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, half));
    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ended));
    set(pair[0], SO_PASSCRED, 1);
    set(pair[0], SO_SNDBUF, 20000);
    set(pair[1], SO_RCVBUF, 30000);
    set(pair[1], SO_KEEPALIVE, 1);
    MUST(setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    MUST(fcntl(pair[1], F_SETFL, O_RDWR));
    buffers[0] = get(pair[0], SO_SNDBUF);
    buffers[1] = get(pair[1], SO_RCVBUF);
    MUST(write(half[0], "x", 1));
    MUST(shutdown(half[0], SHUT_WR));
    MUST(write(ended[1], "y", 1));
    close(ended[1]);
    ready();
    wait_go();
    if (sabotaged()) {
        set(pair[0], SO_SNDBUF, 100000);
        MUST(read(half[1], &byte, 1));
    }
    CHECK(get(pair[0], SO_PASSCRED) == 1 && get(pair[1], SO_PASSCRED) == 0, "SO_PASSCRED");
    CHECK(get(pair[1], SO_KEEPALIVE) == 1, "SO_KEEPALIVE");
    CHECK(get(pair[0], SO_SNDBUF) == buffers[0], "SO_SNDBUF is %d", get(pair[0], SO_SNDBUF));
    CHECK(get(pair[1], SO_RCVBUF) == buffers[1], "SO_RCVBUF is %d", get(pair[1], SO_RCVBUF));
    MUST(getsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &seen, &size));
    CHECK(seen.tv_sec == limit.tv_sec && seen.tv_usec == limit.tv_usec, "SO_RCVTIMEO");
    CHECK((fcntl(pair[0], F_GETFL) & O_NONBLOCK) != 0, "O_NONBLOCK is gone");
    CHECK((fcntl(pair[1], F_GETFL) & O_NONBLOCK) == 0, "O_NONBLOCK came from nowhere");
    CHECK(read(half[1], &byte, 1) == 1 && byte == 'x', "the byte before the shutdown is gone");
    CHECK(read(half[1], &byte, 1) == 0, "no end of file behind the shutdown");
    CHECK(write(half[0], "z", 1) < 0 && errno == EPIPE, "one can still write after shutdown");
    CHECK(write(half[1], "b", 1) == 1 && read(half[0], &byte, 1) == 1 && byte == 'b',
          "the open direction is closed");
    CHECK(read(ended[0], &byte, 1) == 1 && byte == 'y', "the last message of the closed end");
    CHECK(read(ended[0], &byte, 1) == 0, "no end of file after the other end was closed");
    CHECK(write(ended[0], "z", 1) < 0 && errno == EPIPE, "one can write to a closed end");
    pass();
}
