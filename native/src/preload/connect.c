/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The checkpoint thread's connection to the coordinator: one packet, one message. */
#include "preload/calls.h"
#include "preload/preload.h"
#include "preload/text.h"

#include <errno.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* A coordinator that is busy lets its queue of connections fill for an instant. */
#define CONNECT_TRIES    200
#define CONNECT_PAUSE_NS 5000000

int coordinator_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = text_length(preload.coordinator);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    long fd = raw3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return (int)fd;
    memcpy(address.sun_path + 1, preload.coordinator, length);
    for (int tries = 0; tries < CONNECT_TRIES; tries++) {
        long error = raw3(SYS_connect, fd, &address, size);
        if (error == 0)
            return (int)fd;
        if (error != -EAGAIN && error != -EINTR) {
            raw1(SYS_close, fd);
            return (int)error;
        }
        struct __kernel_timespec pause = {.tv_nsec = CONNECT_PAUSE_NS};
        raw2(SYS_nanosleep, &pause, NULL);
    }
    raw1(SYS_close, fd);
    return -EAGAIN;
}

int message_send(int fd, struct wire_message *message)
{
    message->version = WIRE_VERSION;
    message->pid = preload.pid;
    long sent = raw6(SYS_sendto, fd, (long)message, sizeof(*message), MSG_NOSIGNAL, 0, 0);

    return sent < 0 ? (int)sent : 0;
}

/* Between checkpoints the thread can be told to end (away.c), or to look for calls, by its signal. False: it has been. */
static bool message_await(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    unsigned long mask = ~BIT(preload.signal);

    if (preload.announced != 0)
        return true;
    calls_send(fd);
    return raw5(SYS_ppoll, &wanted, 1, NULL, &mask, sizeof(mask)) != -EINTR;
}

int message_receive(int fd, struct wire_message *message, int ret_descriptors[WIRE_DESCRIPTORS])
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(WIRE_DESCRIPTORS * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = message, .iov_len = sizeof(*message)};
    struct msghdr packet = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    long got;

    do {
        while (!message_await(fd))
            continue;
        got = raw3(SYS_recvmsg, fd, &packet, MSG_CMSG_CLOEXEC);
    } while (got == -EINTR);
    if (got < 0)
        return (int)got;
    if (got != sizeof(*message) || message->version != WIRE_VERSION)
        return -EPIPE; /* 0 is the coordinator's end */
    for (size_t i = 0; i < WIRE_DESCRIPTORS && ret_descriptors != NULL; i++) {
        if (control.header.cmsg_type == SCM_RIGHTS &&
            control.header.cmsg_len >= CMSG_LEN((i + 1) * sizeof(int)))
            memcpy(&ret_descriptors[i], CMSG_DATA(&control.header) + i * sizeof(int), sizeof(int));
    }
    return 0;
}
