/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Bytes of a TCP connection between two members of the tree. What has arrived can be looked at without taking it. What
 * waits in the sender because the receiver is full cannot: then both ends are read empty while the tree stands still,
 * and everything is written again from where it came. It had room before, so it has room now; should it not have, the
 * connection is broken off, since a stream with a hole is worse. A connection of which one direction has ended cannot
 * be written to again: that one has to wait until its bytes have arrived. */
#include "objects/tcp_flow.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/io.h"
#include "objects/endpoint.h"
#include "objects/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define DRAIN_MS  5000
#define REFILL_MS 5000
#define STEP_MS   5
#define CHUNK     (256 << 10)

/* One direction: what one end has read, and the other is to write again. */
struct flow {
    int from, to; /* duplicates of the two ends */
    char *bytes;
    size_t size, room;
};

static int info_read(int fd, struct tcp_info *ret)
{
    socklen_t size = sizeof(*ret);

    memset(ret, 0, sizeof(*ret));
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, ret, &size);
}

static bool is_under_way(const struct flow *flow)
{
    struct tcp_info sender, receiver;

    return info_read(flow->from, &sender) == 0 && info_read(flow->to, &receiver) == 0 &&
           (sender.tcpi_notsent_bytes > 0 ||
            sender.tcpi_bytes_sent - sender.tcpi_bytes_retrans > receiver.tcpi_bytes_received);
}

static bool is_open(int fd)
{
    struct tcp_info info;

    return info_read(fd, &info) == 0 && info.tcpi_state == TCP_STATE_ESTABLISHED;
}

/* Takes what is there; 1: something was, 0: nothing. */
static int flow_take(struct flow *flow)
{
    if (flow->room - flow->size < CHUNK) {
        char *grown = realloc(flow->bytes, flow->room + 4 * CHUNK);
        if (grown == NULL)
            return -ENOMEM;
        flow->bytes = grown;
        flow->room += 4 * CHUNK;
    }
    ssize_t got = recv(flow->to, flow->bytes + flow->size, CHUNK, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN ? 0 : -errno;
    flow->size += (size_t)got;
    return got > 0;
}

/* Both directions at once: neither end may wait for the other. */
static int flows_drain(struct flow flows[2])
{
    uint64_t deadline = clock_monotonic_ms() + DRAIN_MS;

    for (;;) {
        int taken = flow_take(&flows[0]);
        int other = taken < 0 ? taken : flow_take(&flows[1]);
        if (taken < 0 || other < 0)
            return taken < 0 ? taken : other;
        if (taken + other > 0)
            continue;
        if (!is_under_way(&flows[0]) && !is_under_way(&flows[1]) && flow_take(&flows[0]) == 0 &&
            flow_take(&flows[1]) == 0)
            return 0;
        if (clock_monotonic_ms() > deadline)
            return -ETIMEDOUT;
        struct pollfd ready[] = {{.fd = flows[0].to, .events = POLLIN},
                                 {.fd = flows[1].to, .events = POLLIN}};
        poll(ready, 2, STEP_MS);
    }
}

void tcp_receiver_open(int fd, size_t size)
{
    int wanted = size > INT32_MAX ? INT32_MAX : (int)size, before = 1;
    socklen_t length = sizeof(before);

    /* Whoever wants that much at once gets a window for it, up to the largest of tcp_rmem. */
    getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &before, &length);
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof(wanted));
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &before, sizeof(before));
}

/* If that was not enough. */
static void sender_open(int fd, size_t size)
{
    int wanted = size > INT32_MAX / 2 ? INT32_MAX / 2 : (int)size, now = 0;
    socklen_t length = sizeof(now);

    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof(wanted)) == 0)
        return;
    /* An ordinary user gets less than what the kernel gives by itself. */
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, &length) == 0 && now < 2 * wanted) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
        length = sizeof(wanted);
        if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, &length) == 0 && wanted < now) {
            now /= 2;
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &now, sizeof(now));
        }
    }
}

static int flow_refill(const struct flow *flow)
{
    uint64_t deadline = clock_monotonic_ms() + REFILL_MS;
    size_t done = 0;

    tcp_receiver_open(flow->to, flow->size);
    while (done < flow->size) {
        ssize_t sent =
            send(flow->from, flow->bytes + done, flow->size - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            done += (size_t)sent;
        if (sent < 0 && errno != EAGAIN)
            return -errno;
        struct pollfd ready = {.fd = flow->from, .events = POLLOUT};
        if (sent < 0 && poll(&ready, 1, STEP_MS) == 0 && clock_monotonic_ms() > deadline)
            return -ETIMEDOUT;
        if (sent < 0 && clock_monotonic_ms() > deadline - REFILL_MS / 2)
            sender_open(flow->from, flow->size);
    }
    return 0;
}

static int flow_write(const struct save_context *context, const struct flow *flow, int receiver,
                      struct ckpt_error *err)
{
    if (flow->size == 0)
        return 0;
    struct image_message *message = tree_image_add_message(context->tree);
    struct image_socket *socket = &context->tree->sockets[receiver];
    if (message == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    *message = (struct image_message){.socket = receiver, .sender = -1, .size = flow->size};
    snprintf(socket->data, sizeof(socket->data), "socket-%d.data", receiver);
    cleanup_fd int out =
        openat(context->dirfd, socket->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return out < 0 || write_full(out, flow->bytes, flow->size) < 0
               ? ckpt_error_errno(err, "write '%s'", socket->data)
               : 0;
}

static int flows_exchange(struct flow flows[2], struct ckpt_error *err)
{
    int drained = flows_drain(flows);

    for (int i = 0; i < 2; i++) {
        int error = flow_refill(&flows[i]);
        if (error < 0) {
            shutdown(flows[i].from, SHUT_RDWR);
            return ckpt_error_set(err, -error,
                                  "bytes of a TCP connection could not be put back, it has been "
                                  "broken off: %s",
                                  strerror(-error));
        }
    }
    return drained < 0
               ? ckpt_error_set(err, -drained, "empty a TCP connection: %s", strerror(-drained))
               : 0;
}

int tcp_flow_save(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_socket *sockets = context->tree->sockets;
    int peer = sockets[index].peer;
    struct flow flows[2] = {
        {.from = sockets[index].duplicate, .to = sockets[peer].duplicate},
        {.from = sockets[peer].duplicate, .to = sockets[index].duplicate},
    };

    sockets[index].in_transit = sockets[peer].in_transit = false;
    if (!is_under_way(&flows[0]) && !is_under_way(&flows[1]))
        return 0;
    if (peer == index || !is_open(flows[0].from) || !is_open(flows[0].to))
        return ckpt_error_set(err, EAGAIN,
                              "bytes of a TCP connection that has been shut down are under way");
    int error = flows_exchange(flows, err);
    sockets[index].in_transit = sockets[peer].in_transit = true;
    if (error == 0)
        error = flow_write(context, &flows[0], peer, err);
    if (error == 0)
        error = flow_write(context, &flows[1], index, err);
    free(flows[0].bytes);
    free(flows[1].bytes);
    return error;
}
