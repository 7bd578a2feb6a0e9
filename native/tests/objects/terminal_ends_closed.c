/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A terminal whose slave nobody holds any longer gives what was printed and then an error; one whose slave nobody has
 * opened yet does not; one whose master has been closed has hung up. */
#include "testlib.h"

#include <poll.h>
#include <pty.h>

static short events_of(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    MUST(poll(&poll_fd, 1, 0));
    return poll_fd.revents;
}

int main(void)
{
    int left, slave, dead, hung_up, fresh = MUST(posix_openpt(O_RDWR | O_NOCTTY));
    char name[64], text[64];

    MUST(openpty(&left, &slave, name, NULL, NULL));
    MUST(write(slave, "last words", 10));
    MUST(write(left, "unread\n", 7));
    MUST(close(slave));
    MUST(openpty(&dead, &hung_up, NULL, NULL, NULL));
    MUST(close(dead));
    ready();
    wait_go();
    if (sabotaged())
        MUST(open(name, O_RDWR | O_NOCTTY));
    CHECK(events_of(fresh) == 0, "nobody has opened the slave, yet there is %x", events_of(fresh));
    CHECK(events_of(left) == (POLLIN | POLLHUP), "the left one has %x", events_of(left));
    ssize_t got = MUST(read(left, text, sizeof(text)));
    CHECK(got >= 10 && memcmp(text, "last words", 10) == 0, "it says '%.*s'", (int)got, text);
    while ((got = read(left, text, sizeof(text))) > 0)
        continue; /* the echo */
    CHECK(got < 0 && errno == EIO, "after the last words: %s", strerror(errno));
    slave = MUST(open(name, O_RDWR | O_NOCTTY));
    got = MUST(read(slave, text, sizeof(text)));
    CHECK(got == 7 && memcmp(text, "unread\n", 7) == 0, "the next one reads '%.*s'", (int)got,
          text);
    CHECK((events_of(left) & POLLHUP) == 0, "the slave is open again");
    CHECK(read(hung_up, text, 1) == 0, "reading from one that has hung up");
    CHECK(write(hung_up, "x", 1) < 0 && errno == EIO, "writing to it: %s", strerror(errno));
    CHECK((events_of(hung_up) & POLLHUP) != 0 && !isatty(hung_up), "it has %x", events_of(hung_up));
    pass();
}
