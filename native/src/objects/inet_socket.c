/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * TCP and UDP: what each socket is, and those without a connection again. A TCP connection within the tree is made anew
 * (tcp_connection.c); all that was sent has to have arrived, which over the loopback it has unless the receiver's buffer is
 * full. One that leads out of the tree is reset. */
#include "objects/endpoint.h"
#include "objects/inet_port.h"
#include "objects/socket.h"
#include "objects/tcp_connection.h"
#include "objects/tcp_flow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

bool socket_is_tcp(const struct image_socket *socket)
{
    return (socket->domain == AF_INET || socket->domain == AF_INET6) &&
           socket->protocol == IPPROTO_TCP;
}

/* ---- saving ---- */

static int info_read(const struct image_socket *socket, struct tcp_info *ret)
{
    socklen_t size = sizeof(*ret);

    memset(ret, 0, sizeof(*ret));
    return getsockopt(socket->duplicate, IPPROTO_TCP, TCP_INFO, ret, &size);
}

/* The other end of a connection, or -1. A socket may be connected with itself. */
static int peer_find(const struct tree_image *tree, int index)
{
    const struct image_socket *socket = &tree->sockets[index];

    for (size_t i = 0; i < tree->socket_count; i++) {
        const struct image_socket *other = &tree->sockets[i];
        if (socket_is_tcp(other) && address_is_same(other->name, socket->peer_name) &&
            address_is_same(other->peer_name, socket->name))
            return (int)i;
    }
    return -1;
}

static bool is_of_inode(const struct tcp_entry *entry, const void *inode)
{
    return entry->inode == *(const uint64_t *)inode;
}

/* Where a connection that is being made leads to: getpeername(2) does not tell before it is there. */
static bool target_find(struct image_socket *socket)
{
    struct tcp_entry entry;
    struct socket_address address = {.size = sizeof(struct sockaddr_in6)};
    struct sockaddr_in *in = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.storage;

    if (!tcp_entry_find(is_of_inode, &socket->inode, &entry))
        return false;
    address.storage.ss_family = (sa_family_t)socket->domain;
    if (socket->domain == AF_INET) {
        in->sin_port = entry.remote.port;
        memcpy(&in->sin_addr, entry.remote.address.s6_addr + 12, sizeof(in->sin_addr));
        address.size = sizeof(*in);
    } else {
        in6->sin6_port = entry.remote.port;
        in6->sin6_addr = entry.remote.address;
    }
    address_write(&address, socket->peer_name);
    return true;
}

/* A socket without a peer by now: fresh, connecting, or at its end, where it can still be read. */
static enum socket_state single_state(struct image_socket *socket, const struct tcp_info *info)
{
    if (info->tcpi_state == TCP_STATE_SYN_SENT && target_find(socket))
        return SOCKET_CONNECTING;
    if (info->tcpi_state != TCP_STATE_CLOSE)
        return SOCKET_OUTSIDE;
    if (info->tcpi_bytes_acked == 0 && info->tcpi_bytes_received == 0)
        return SOCKET_PLAIN;
    socket->shutdown = 3;
    return SOCKET_ENDED;
}

/* What a socket that has ended leaves for a minute, and what is accepted from a listening socket, then does not keep
 * others from its port: without this the restart would have to wait. */
static void port_share(const struct image_socket *socket)
{
    int one = 1;

    setsockopt(socket->duplicate, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
}

int inet_socket_relate(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_socket *socket = &context->tree->sockets[index];
    struct tcp_info info;

    socket->state = SOCKET_PLAIN;
    if (!socket_is_tcp(socket))
        return 0;
    if (info_read(socket, &info) < 0)
        return ckpt_error_errno(err, "look at a TCP socket");
    port_share(socket);
    if (info.tcpi_state == TCP_STATE_LISTEN) {
        socket->state = SOCKET_LISTENING;
        socket->backlog = info.tcpi_sacked > 0 ? (int)info.tcpi_sacked : 1;
    } else if (socket->peer_name[0] == 0) {
        socket->state = single_state(socket, &info);
    } else if ((socket->peer = peer_find(context->tree, index)) >= 0) {
        socket->state = SOCKET_CONNECTED;
        if (info.tcpi_state == TCP_STATE_FIN_WAIT1 || info.tcpi_state == TCP_STATE_FIN_WAIT2 ||
            info.tcpi_state == TCP_STATE_LAST_ACK || info.tcpi_state == TCP_STATE_CLOSING)
            socket->shutdown = 2;
    } else if (info.tcpi_state == TCP_STATE_CLOSE_WAIT) {
        socket->state = SOCKET_ENDED;
    } else {
        socket->state = SOCKET_OUTSIDE; /* until the listening sockets are known */
    }
    return 0;
}

/* The other end, closed while bytes of it were still to be sent. */
static bool is_closed_end(const struct tcp_entry *entry, const void *argument)
{
    const struct image_socket *socket = argument;
    struct endpoint local, remote;

    return entry->inode == 0 && endpoint_read(socket->name, &local) &&
           endpoint_read(socket->peer_name, &remote) && endpoint_is_same(&entry->local, &remote) &&
           endpoint_is_same(&entry->remote, &local) &&
           (entry->state == TCP_STATE_FIN_WAIT1 || entry->state == TCP_STATE_LAST_ACK ||
            entry->state == TCP_STATE_CLOSING);
}

static int outside_finish(struct tree_image *tree, struct image_socket *socket,
                          struct ckpt_error *err)
{
    struct tcp_entry entry;
    struct tcp_info info;
    int listener = tcp_listener_of(tree, socket->peer_name);

    if (tcp_entry_find(is_closed_end, socket, &entry))
        return ckpt_error_set(err, EAGAIN, "bytes of a closed TCP connection are still under way");
    if (listener < 0)
        return 0;
    if (info_read(socket, &info) < 0 || info.tcpi_bytes_sent > 0)
        return ckpt_error_set(err, EAGAIN,
                              "somebody has written to a TCP connection that nobody has accepted");
    socket->state = SOCKET_PENDING;
    socket->peer = listener;
    return 0;
}

int inet_sockets_finish(const struct save_context *context, struct ckpt_error *err)
{
    struct tree_image *tree = context->tree;
    int error = 0;

    for (size_t i = 0; error == 0 && i < tree->socket_count; i++) {
        struct image_socket *socket = &tree->sockets[i];
        if (!socket_is_tcp(socket))
            continue;
        if (socket->state == SOCKET_OUTSIDE)
            error = outside_finish(tree, socket, err);
        else if (socket->state == SOCKET_CONNECTED && socket->peer >= (int)i)
            error = tcp_flow_save(context, (int)i, err);
    }
    return error;
}

/* ---- restoring ---- */

int inet_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    char name[SOCKET_NAME_SIZE];

    if (image->state == SOCKET_ENDED || image->state == SOCKET_OUTSIDE)
        return tcp_ended_make(workshop, index, err);
    workshop->made[index] = socket_new(image);
    if (workshop->made[index] < 0)
        return socket_fail(err, image, "make a socket");
    port_options_set(workshop, index);
    socket_name_describe(image->name, name);
    if (image->state == SOCKET_PENDING || image->state == SOCKET_CONNECTING)
        return 0; /* its port may be in use for a second, and nobody has seen it: any will do */
    if (port_bind_patiently(workshop->made[index], image->name) < 0)
        return ckpt_error_errno(err, "bind %s", name);
    if (image->state == SOCKET_LISTENING && listen(workshop->made[index], image->backlog) < 0)
        return ckpt_error_errno(err, "listen at %s", name);
    return 0;
}

/* Connecting may take as long as it would have: nobody waits for it here. */
static int connect_begin(int fd, const struct socket_address *to)
{
    int flags = fcntl(fd, F_GETFL);

    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int result = connect(fd, (const struct sockaddr *)&to->storage, to->size);
    int error = errno;
    fcntl(fd, F_SETFL, flags);
    errno = error;
    return result < 0 && error != EINPROGRESS ? -1 : 0;
}

int inet_sockets_settle(struct socket_workshop *workshop, struct ckpt_error *err)
{
    for (size_t i = 0; i < workshop->tree->socket_count; i++) {
        const struct image_socket *image = &workshop->tree->sockets[i];
        struct linger reset = {.l_onoff = 1};
        struct socket_address to;
        int fd = workshop->made[i];
        if (image->domain == AF_UNIX || socket_is_netlink(image))
            continue;
        if (image->state == SOCKET_OUTSIDE)
            setsockopt(workshop->fillers[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        if ((image->state == SOCKET_PENDING || image->state == SOCKET_PLAIN) &&
            address_read(image->peer_name, &to) &&
            connect(fd, (struct sockaddr *)&to.storage, to.size) < 0)
            return socket_fail(err, image, "connect again");
        if (image->state == SOCKET_CONNECTING && address_read(image->peer_name, &to) &&
            connect_begin(fd, &to) < 0 && errno != ECONNREFUSED)
            return socket_fail(err, image, "begin to connect again");
    }
    return 0;
}
