/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * TCP sockets in unusual states: connected with itself, half closed, closed by both ends and still to be read, an end
 * that keeps its names when the other has gone, a listening socket that has been closed, a group that shares a port,
 * dual stack. */
#include "testlib.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

typedef struct sockaddr_in6 address;

static address name_of(int fd, bool peer)
{
    address name = {0};
    socklen_t size = sizeof(name);

    MUST((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&name, &size));
    return name;
}

static int fresh(int option)
{
    address any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int fd = MUST(socket(AF_INET6, SOCK_STREAM, 0)), one = 1;

    if (option != 0)
        MUST(setsockopt(fd, SOL_SOCKET, option, &one, sizeof(one)));
    MUST(bind(fd, (struct sockaddr *)&any, sizeof(any)));
    return fd;
}

static void pair(int listener, int ret[2])
{
    address to = name_of(listener, false);

    ret[0] = MUST(socket(AF_INET6, SOCK_STREAM, 0));
    MUST(connect(ret[0], (struct sockaddr *)&to, sizeof(to)));
    ret[1] = MUST(accept(listener, NULL, NULL));
}

static void expect(int fd, const char *text)
{
    char got[32] = "";
    ssize_t size = recv(fd, got, strlen(text), MSG_WAITALL);

    CHECK(size == (ssize_t)strlen(text) && strcmp(got, text) == 0, "'%s' instead of '%s'", got,
          text);
}

static void same(const char *what, address was, address is)
{
    CHECK(memcmp(&was, &is, sizeof(was)) == 0, "%s: port %d instead of %d", what,
          ntohs(is.sin6_port), ntohs(was.sin6_port));
}

int main(void)
{
    int half[2], over[2], left[2], listener = fresh(0), one = 0;
    socklen_t size = sizeof(one);
    char byte;

    signal(SIGPIPE, SIG_IGN);
    MUST(listen(listener, 8));
    pair(listener, half);
    pair(listener, over);
    pair(listener, left);
    int self = fresh(0);
    address own = name_of(self, false);
    MUST(connect(self, (struct sockaddr *)&own, sizeof(own)));
    MUST(send(self, "mine", 4, 0));
    MUST(send(half[1], "answer", 6, 0));
    MUST(shutdown(half[0], SHUT_WR));
    MUST(send(over[0], "last words", 10, 0));
    MUST(shutdown(over[0], SHUT_WR));
    MUST(shutdown(over[1], SHUT_WR));
    close(over[0]);
    MUST(send(left[1], "farewell", 8, 0));
    close(left[1]);
    address left_name = name_of(left[0], false), left_peer = name_of(left[0], true);
    close(listener);
    int group[2] = {fresh(SO_REUSEPORT), MUST(socket(AF_INET6, SOCK_STREAM, 0))};
    address shared = name_of(group[0], false);
    one = 1;
    MUST(setsockopt(group[1], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
    MUST(bind(group[1], (struct sockaddr *)&shared, sizeof(shared)));
    MUST(listen(group[0], 3));
    MUST(listen(group[1], 3));
    ready();
    wait_go();
    if (sabotaged())
        MUST(recv(left[0], &byte, 1, 0));
    expect(self, "mine");
    MUST(send(self, "again", 5, 0));
    expect(self, "again");
    same("itself", own, name_of(self, true));
    expect(half[0], "answer");
    CHECK(recv(half[1], &byte, 1, 0) == 0, "no end of the half that was closed");
    MUST(send(half[1], "more", 4, 0));
    expect(half[0], "more");
    CHECK(send(half[0], "x", 1, 0) == -1 && errno == EPIPE, "it can be written to");
    expect(over[1], "last words");
    CHECK(recv(over[1], &byte, 1, 0) == 0, "no end behind the last words");
    CHECK(send(over[1], "x", 1, 0) == -1 && errno == EPIPE, "both have closed it");
    same("its own name", left_name, name_of(left[0], false));
    same("its peer's name", left_peer, name_of(left[0], true));
    expect(left[0], "farewell");
    CHECK(recv(left[0], &byte, 1, 0) == 0, "no end behind the farewell");
    for (int i = 0; i < 2; i++)
        same("the group", shared, name_of(group[i], false));
    MUST(getsockopt(group[1], SOL_SOCKET, SO_REUSEPORT, &one, &size));
    CHECK(one == 1, "SO_REUSEPORT");
    pass();
}
