/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Datagram sockets with names: messages from two senders wait at a third and show whom they come from; one sender is
 * connected, the other is not. */
#include "testlib.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int made(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = MUST(socket(AF_UNIX, SOCK_DGRAM, 0));

    strcpy(un.sun_path, name);
    MUST(bind(fd, (struct sockaddr *)&un, sizeof(un)));
    return fd;
}

static void expect(int fd, const char *text, const char *from)
{
    struct sockaddr_un un = {0};
    socklen_t size = sizeof(un);
    char got[16] = "";

    CHECK(recvfrom(fd, got, sizeof(got) - 1, MSG_DONTWAIT, (struct sockaddr *)&un, &size) >= 0,
          "'%s' is not there: %s", text, strerror(errno));
    CHECK(strcmp(got, text) == 0, "'%s' instead of '%s'", got, text);
    CHECK(strcmp(un.sun_path, from) == 0, "'%s' comes from '%s'", text, un.sun_path);
}

int main(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "collector"};
    int collector = made("collector"), one = made("one"), two = made("two");
    char got[8];

    MUST(connect(one, (struct sockaddr *)&un, sizeof(un)));
    MUST(send(one, "first", 5, 0));
    MUST(sendto(two, "second", 6, 0, (struct sockaddr *)&un, sizeof(un)));
    MUST(send(one, "third", 5, 0));
    ready();
    wait_go();
    if (sabotaged())
        MUST(recv(collector, got, sizeof(got), 0));
    expect(collector, "first", "one");
    expect(collector, "second", "two");
    expect(collector, "third", "one");
    CHECK(recv(collector, got, sizeof(got), MSG_DONTWAIT) < 0 && errno == EAGAIN, "one too many");
    MUST(send(one, "fourth", 6, 0));
    expect(collector, "fourth", "one");
    CHECK(send(two, "x", 1, 0) < 0 && errno == ENOTCONN, "the other one is connected");
    pass();
}
