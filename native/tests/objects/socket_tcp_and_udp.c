/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * TCP over the loopback between two processes: a listening socket, a connection with bytes waiting at both ends, its
 * ports and options, one whose other end has been closed, one that was not accepted yet; IPv4 and IPv6. And UDP with
 * datagrams that wait. */
#include "testlib.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define BYTES 40000

static char buffer[BYTES];

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
    socklen_t size;
};

static struct address loopback(int family)
{
    struct address address = {.size = sizeof(address.in)};

    address.any.sa_family = (sa_family_t)family;
    address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (family == AF_INET6) {
        memset(&address, 0, sizeof(address));
        address.in6.sin6_family = AF_INET6;
        address.in6.sin6_addr = in6addr_loopback;
        address.size = sizeof(address.in6);
    }
    return address;
}

static struct address name_of(int fd, bool peer)
{
    struct address address = {.size = sizeof(address.in6)};

    MUST((peer ? getpeername : getsockname)(fd, &address.any, &address.size));
    return address;
}

static int opened(int family, int type)
{
    struct address address = loopback(family);
    int fd = MUST(socket(family, type, 0));

    MUST(bind(fd, &address.any, address.size));
    return fd;
}

static int connected(int family, int listening)
{
    struct address address = name_of(listening, false);
    int fd = MUST(socket(family, SOCK_STREAM, 0));

    MUST(connect(fd, &address.any, address.size));
    return fd;
}

static void expect(int fd, int seed, size_t size)
{
    memset(buffer, 0, size);
    ssize_t got = recv(fd, buffer, size, MSG_WAITALL);
    CHECK(got == (ssize_t)size, "%d bytes instead of %d", (int)got, (int)size);
    CHECK(first_wrong(buffer, size, (uint64_t)seed) < 0, "wrong bytes, seed %d", seed);
}

static void give(int fd, int seed, size_t size)
{
    fill(buffer, size, (uint64_t)seed);
    CHECK(send(fd, buffer, size, 0) == (ssize_t)size, "send: %s", strerror(errno));
}

static void test(int family)
{
    int listening = opened(family, SOCK_STREAM), one = 1;
    socklen_t size = sizeof(one);

    MUST(listen(listening, 5));
    int client = connected(family, listening), server = MUST(accept(listening, NULL, NULL));
    int left = connected(family, listening), gone = MUST(accept(listening, NULL, NULL));
    int waiting = connected(family, listening);
    struct address before = name_of(client, true), own = name_of(client, false);
    MUST(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
    give(client, 1, BYTES);
    give(server, 2, 30);
    give(gone, 3, 10);
    close(gone);
    pid_t child = MUST(fork());
    if (child == 0) {
        wait_go();
        close(client);
        expect(server, 1, BYTES);
        give(server, 4, 50);
        _exit(0);
    }
    close(server);
    if (family == AF_INET6)
        ready();
    wait_go();
    if (sabotaged())
        MUST(recv(client, buffer, 1, 0));
    struct address after = name_of(client, true), now_own = name_of(client, false);
    CHECK(memcmp(&before, &after, after.size) == 0, "the other end has another name");
    CHECK(memcmp(&own, &now_own, own.size) == 0, "the client has another port");
    one = 0;
    MUST(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, &size));
    CHECK(one == 1, "TCP_NODELAY");
    expect(client, 2, 30);
    expect(client, 4, 50);
    expect_exit(child, 0);
    expect(left, 3, 10);
    CHECK(recv(left, buffer, 1, 0) == 0, "no end of file behind what the closed end sent");
    int accepted = MUST(accept(listening, NULL, NULL));
    give(waiting, 5, 20);
    expect(accepted, 5, 20);
    int fresh = connected(family, listening);
    give(fresh, 6, 20);
    expect(MUST(accept(listening, NULL, NULL)), 6, 20);
}

static void test_udp(int receiver, int sender)
{
    struct address to = name_of(receiver, false), from = {.size = sizeof(from.in6)},
                   own = name_of(sender, false);

    CHECK(recvfrom(receiver, buffer, BYTES, MSG_DONTWAIT, &from.any, &from.size) == 100,
          "the first datagram");
    CHECK(first_wrong(buffer, 100, 8) < 0, "it differs");
    CHECK(from.in.sin_port == own.in.sin_port, "it comes from another port");
    CHECK(recv(receiver, buffer, BYTES, MSG_DONTWAIT) == 5000, "the second datagram");
    CHECK(first_wrong(buffer, 5000, 9) < 0, "it differs");
    MUST(sendto(sender, "x", 1, 0, &to.any, to.size));
    CHECK(recv(receiver, buffer, BYTES, 0) == 1, "a new datagram");
}

int main(void)
{
    int receiver = opened(AF_INET, SOCK_DGRAM), sender = opened(AF_INET, SOCK_DGRAM);
    struct address to = name_of(receiver, false);

    MUST(connect(sender, &to.any, to.size));
    give(sender, 8, 100);
    give(sender, 9, 5000);
    pid_t child = MUST(fork());
    if (child == 0) {
        close(receiver);
        close(sender);
        test(AF_INET);
        _exit(0);
    }
    test(AF_INET6);
    expect_exit(child, 0);
    test_udp(receiver, sender);
    pass();
}
