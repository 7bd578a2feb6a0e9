/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Socket pairs of all three types between two processes: what is queued both ways arrives once, in order and with the
 * message boundaries it had, and afterwards they go on talking. */
#include "testlib.h"

#include <sys/socket.h>

#define STREAM_BYTES 150000
#define MESSAGES     9

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
static char buffer[STREAM_BYTES];

static size_t message_size(int i)
{
    return (size_t)(i * i * 200 + 1);
}

static void send_all(int fd, int type, int seed)
{
    if (type == SOCK_STREAM) {
        fill(buffer, STREAM_BYTES, (uint64_t)seed);
        CHECK(send(fd, buffer, STREAM_BYTES, 0) == STREAM_BYTES, "short send");
        return;
    }
    for (int i = 0; i < MESSAGES; i++) {
        fill(buffer, message_size(i), (uint64_t)(seed + i));
        CHECK(send(fd, buffer, message_size(i), 0) == (ssize_t)message_size(i), "short message");
    }
}

static void receive_all(int fd, int type, int seed)
{
    if (type == SOCK_STREAM) {
        ssize_t got = recv(fd, buffer, STREAM_BYTES, MSG_WAITALL);
        CHECK(got == STREAM_BYTES, "%d bytes of %d came", (int)got, STREAM_BYTES);
        CHECK(first_wrong(buffer, STREAM_BYTES, (uint64_t)seed) < 0, "wrong bytes in the stream");
        return;
    }
    for (int i = 0; i < MESSAGES; i++) {
        ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
        CHECK(got == (ssize_t)message_size(i), "message %d of type %d has %d bytes", i, type,
              (int)got);
        CHECK(first_wrong(buffer, (size_t)got, (uint64_t)(seed + i)) < 0, "message %d differs", i);
    }
}

int main(void)
{
    int pairs[3][2];

    for (int i = 0; i < 3; i++) {
        MUST(socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pairs[i]));
        send_all(pairs[i][0], types[i], 100 * i);
        send_all(pairs[i][1], types[i], 100 * i + 50);
    }
    pid_t child = MUST(fork());
    if (child == 0) {
        wait_go();
        for (int i = 0; i < 3; i++) {
            close(pairs[i][0]);
            if (sabotaged())
                MUST(recv(pairs[i][1], buffer, 1, 0));
            receive_all(pairs[i][1], types[i], 100 * i);
            send_all(pairs[i][1], types[i], 7);
        }
        _exit(0);
    }
    for (int i = 0; i < 3; i++)
        close(pairs[i][1]);
    ready();
    wait_go();
    for (int i = 0; i < 3; i++) {
        receive_all(pairs[i][0], types[i], 100 * i + 50);
        receive_all(pairs[i][0], types[i], 7);
    }
    expect_exit(child, 0);
    CHECK(recv(pairs[0][0], buffer, 1, 0) == 0, "no end of file after the other end has gone");
    CHECK(recv(pairs[0][0], buffer, 1, MSG_DONTWAIT) == 0, "the end of file does not last");
    pass();
}
