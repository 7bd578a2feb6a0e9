/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A TCP connection between two processes that is full in both directions: megabytes wait in both senders because
 * nobody reads. All of it arrives, once and in order. */
#include "testlib.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define CHUNK 100000

static unsigned char buffer[CHUNK];

static int listening(struct sockaddr_in *ret)
{
    socklen_t size = sizeof(*ret);
    int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));

    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    MUST(bind(fd, (struct sockaddr *)ret, size));
    MUST(listen(fd, 1));
    MUST(getsockname(fd, (struct sockaddr *)ret, &size));
    return fd;
}

/* Until nothing has moved for a while; the bytes count up so that a gap shows. */
static size_t stuff(int fd, unsigned step)
{
    size_t total = 0;
    ssize_t sent;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    do {
        for (size_t i = 0; i < CHUNK; i++)
            buffer[i] = (unsigned char)((total + i) / step);
        while ((sent = send(fd, buffer, CHUNK, MSG_DONTWAIT)) > 0) {
            total += (size_t)sent;
            for (size_t i = 0; i < CHUNK; i++)
                buffer[i] = (unsigned char)((total + i) / step);
        }
    } while (poll(&ready, 1, 300) == 1);
    return total;
}

static void take(int fd, size_t total, unsigned step)
{
    size_t at = 0;
    ssize_t got;

    while (at < total && (got = recv(fd, buffer, total - at < CHUNK ? total - at : CHUNK, 0)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            CHECK(buffer[i] == (unsigned char)((at + (size_t)i) / step), "byte %zu is wrong",
                  at + (size_t)i);
        at += (size_t)got;
    }
    CHECK(at == total, "%zu of %zu bytes", at, total);
}

int main(void)
{
    struct sockaddr_in address;
    int server = listening(&address), client = MUST(socket(AF_INET, SOCK_STREAM, 0));
    int ends[2];
    char byte;

    MUST(connect(client, (struct sockaddr *)&address, sizeof(address)));
    int accepted = MUST(accept(server, NULL, NULL));
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    pid_t child = MUST(fork());
    if (child == 0) {
        close(client);
        size_t total = stuff(accepted, 7);
        CHECK(total > (1 << 20), "only %zu bytes fit", total);
        MUST(write(ends[1], &total, sizeof(total)));
        MUST(read(ends[1], &total, sizeof(total)));
        wait_go();
        take(accepted, total, 11);
        MUST(send(accepted, "e", 1, 0));
        _exit(0);
    }
    close(accepted);
    size_t there, here = stuff(client, 11);
    MUST(read(ends[0], &there, sizeof(there)));
    MUST(write(ends[0], &here, sizeof(here)));
    wait_asleep(child, child);
    ready();
    wait_go();
    if (sabotaged())
        MUST(recv(client, buffer, 1, 0));
    /* Both at once, as neither end may wait for the other. */
    take(client, there, 7);
    expect_exit(child, 0);
    CHECK(recv(client, &byte, 1, 0) == 1 && byte == 'e', "what was written later");
    pass();
}
