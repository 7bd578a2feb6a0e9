/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Datagrams that wait in a socket tell whom they come from: one that listens at any address, one that has been closed,
 * the socket itself. IPv4 and IPv6, and abstract unix names. */
#include "testlib.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct name {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    };
    socklen_t size;
};

static struct name wanted(int family, bool any, int number)
{
    struct name name = {.any.sa_family = (sa_family_t)family, .size = sizeof(name.in)};

    if (family == AF_INET) {
        name.in.sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK);
    } else if (family == AF_INET6) {
        name.in6.sin6_addr = any ? in6addr_any : in6addr_loopback;
        name.size = sizeof(name.in6);
    } else {
        int length = sprintf(name.un.sun_path + 1, "ckpt-udp-%d-%d", (int)getpid(), number);
        name.size = (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)length);
    }
    return name;
}

static int bound(int family, bool any, int number, struct name *ret)
{
    int fd = MUST(socket(family, SOCK_DGRAM, 0));

    *ret = wanted(family, any, number);
    MUST(bind(fd, &ret->any, ret->size));
    ret->size = sizeof(ret->un);
    MUST(getsockname(fd, &ret->any, &ret->size));
    return fd;
}

static void expect(int fd, char letter, const struct name *from)
{
    struct name got = {.size = sizeof(got.un)};
    char text[8] = "";

    CHECK(recvfrom(fd, text, sizeof(text), MSG_DONTWAIT, &got.any, &got.size) == 2,
          "no datagram %c: %s", letter, strerror(errno));
    CHECK(text[0] == letter, "datagram %s instead of %c", text, letter);
    if (from->any.sa_family == AF_UNIX)
        CHECK(got.size == from->size && memcmp(&got, from, got.size) == 0, "from '%s'",
              got.un.sun_path + 1);
    else
        CHECK(got.in.sin_port == from->in.sin_port, "datagram %c from port %d instead of %d",
              letter, ntohs(got.in.sin_port), ntohs(from->in.sin_port));
}

int main(void)
{
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
    int receivers[3], anyones[3];
    struct name own[3], any[3], gone[3];

    for (int i = 0; i < 3; i++) {
        receivers[i] = bound(families[i], false, 1, &own[i]);
        anyones[i] = bound(families[i], true, 2, &any[i]);
        int closed = bound(families[i], false, 3, &gone[i]);
        MUST(sendto(anyones[i], "a", 2, 0, &own[i].any, own[i].size));
        MUST(sendto(closed, "b", 2, 0, &own[i].any, own[i].size));
        MUST(sendto(receivers[i], "c", 2, 0, &own[i].any, own[i].size));
        close(closed);
    }
    ready();
    wait_go();
    if (sabotaged())
        MUST(recv(receivers[1], (char[2]){0}, 2, 0));
    for (int i = 0; i < 3; i++) {
        expect(receivers[i], 'a', &any[i]);
        expect(receivers[i], 'b', &gone[i]);
        expect(receivers[i], 'c', &own[i]);
    }
    pass();
}
