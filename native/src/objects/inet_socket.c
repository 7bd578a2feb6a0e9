/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * TCP and UDP. A TCP connection within the tree is made anew over the same two ports; that needs no privilege, and all
 * that was sent has to have arrived, which over the loopback it has unless the receiver's buffer is full. One that
 * leads out of the tree is reset. */
#include "common/cleanup.h"
#include "objects/socket.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* States of TCP. */
#define STATE_FIN_WAIT1  4
#define STATE_FIN_WAIT2  5
#define STATE_CLOSE      7
#define STATE_CLOSE_WAIT 8
#define STATE_LAST_ACK   9
#define STATE_LISTEN     10
#define STATE_CLOSING    11

/* The kernel keeps the ports of a connection that has just ended for about a second. */
#define PORTS_TRIES   300
#define PORTS_WAIT_MS 10

/* An address and port in one form for both families. */
struct endpoint {
    struct in6_addr address;
    in_port_t port;
    bool any;
};

static bool endpoint_read(const char *text, struct endpoint *ret)
{
    struct socket_address address;

    memset(ret, 0, sizeof(*ret));
    if (!address_read(text, &address))
        return false;
    if (address.storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address.storage;
        ret->address = in6->sin6_addr;
        ret->port = in6->sin6_port;
        ret->any = IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address.storage;
        ret->address.s6_addr[10] = ret->address.s6_addr[11] = 0xff;
        memcpy(ret->address.s6_addr + 12, &in->sin_addr, sizeof(in->sin_addr));
        ret->port = in->sin_port;
        ret->any = in->sin_addr.s_addr == INADDR_ANY;
    }
    return true;
}

static bool is_same(const char *left, const char *right)
{
    struct endpoint a, b;

    return endpoint_read(left, &a) && endpoint_read(right, &b) && a.port == b.port &&
           memcmp(&a.address, &b.address, sizeof(a.address)) == 0;
}

static bool is_tcp(const struct image_socket *socket)
{
    return socket->domain != AF_UNIX && socket->protocol == IPPROTO_TCP;
}

/* The listening socket through which a connection to name comes, or -1. */
static int listener_of(const struct tree_image *tree, const char *name)
{
    struct endpoint wanted, there;

    for (size_t i = 0; endpoint_read(name, &wanted) && i < tree->socket_count; i++) {
        const struct image_socket *socket = &tree->sockets[i];
        if (is_tcp(socket) && socket->backlog > 0 && endpoint_read(socket->name, &there) &&
            there.port == wanted.port && (there.any || is_same(socket->name, name)))
            return (int)i;
    }
    return -1;
}

/* ---- saving ---- */

static int info_read(const struct image_socket *socket, struct tcp_info *ret)
{
    socklen_t size = sizeof(*ret);

    memset(ret, 0, sizeof(*ret));
    return getsockopt(socket->duplicate, IPPROTO_TCP, TCP_INFO, ret, &size);
}

static int under_way(struct ckpt_error *err)
{
    return ckpt_error_set(err, EAGAIN, "bytes of a TCP connection are still under way");
}

/* The other end of a connection, or -1. */
static int peer_find(const struct tree_image *tree, int index)
{
    const struct image_socket *socket = &tree->sockets[index];

    for (size_t i = 0; i < tree->socket_count; i++) {
        const struct image_socket *other = &tree->sockets[i];
        if ((int)i != index && is_tcp(other) && is_same(other->name, socket->peer_name) &&
            is_same(other->peer_name, socket->name))
            return (int)i;
    }
    return -1;
}

/* Everything that has been written must be where it can be seen: in the other end's queue. */
static int connected_examine(const struct tree_image *tree, struct image_socket *socket,
                             const struct tcp_info *info, struct ckpt_error *err)
{
    struct tcp_info other;

    if (info_read(&tree->sockets[socket->peer], &other) < 0)
        return ckpt_error_errno(err, "look at a TCP connection");
    if (info->tcpi_notsent_bytes > 0 ||
        info->tcpi_bytes_sent - info->tcpi_bytes_retrans > other.tcpi_bytes_received)
        return under_way(err);
    socket->state = SOCKET_CONNECTED;
    if (info->tcpi_state == STATE_FIN_WAIT1 || info->tcpi_state == STATE_FIN_WAIT2 ||
        info->tcpi_state == STATE_LAST_ACK || info->tcpi_state == STATE_CLOSING)
        socket->shutdown = 2;
    return 0;
}

int inet_socket_relate(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_socket *socket = &context->tree->sockets[index];
    struct tcp_info info;

    socket->state = SOCKET_PLAIN;
    if (!is_tcp(socket))
        return 0;
    if (info_read(socket, &info) < 0)
        return ckpt_error_errno(err, "look at a TCP socket");
    if (info.tcpi_state == STATE_LISTEN) {
        socket->state = SOCKET_LISTENING;
        socket->backlog = info.tcpi_sacked > 0 ? (int)info.tcpi_sacked : 1;
    } else if (socket->peer_name[0] == 0) {
        socket->state = info.tcpi_state == STATE_CLOSE ? SOCKET_PLAIN : SOCKET_OUTSIDE;
    } else if ((socket->peer = peer_find(context->tree, index)) >= 0) {
        return connected_examine(context->tree, socket, &info, err);
    } else if (info.tcpi_state == STATE_CLOSE_WAIT) {
        socket->state = SOCKET_ENDED;
    } else {
        socket->state = SOCKET_OUTSIDE; /* until the listening sockets are known */
    }
    return 0;
}

int inet_sockets_finish(struct tree_image *tree, struct ckpt_error *err)
{
    struct tcp_info info;

    for (size_t i = 0; i < tree->socket_count; i++) {
        struct image_socket *socket = &tree->sockets[i];
        int listener = is_tcp(socket) && socket->state == SOCKET_OUTSIDE
                           ? listener_of(tree, socket->peer_name)
                           : -1;
        if (listener < 0)
            continue;
        if (info_read(socket, &info) < 0 || info.tcpi_bytes_sent > 0)
            return under_way(err);
        socket->state = SOCKET_PENDING;
        socket->peer = listener;
    }
    return 0;
}

/* ---- restoring ---- */

static int name_bind(int fd, const char *name)
{
    struct socket_address address;
    struct endpoint endpoint;
    int one = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!endpoint_read(name, &endpoint) || endpoint.port == 0 || !address_read(name, &address))
        return 0;
    return bind(fd, (struct sockaddr *)&address.storage, address.size);
}

/* Those that decide whether a name can be bound. */
static void options_before_bind(const struct socket_workshop *workshop, int index)
{
    for (size_t i = 0; i < workshop->tree->option_count; i++) {
        const struct image_option *option = &workshop->tree->options[i];
        int value;
        bool wanted = (option->level == SOL_SOCKET && option->option == SO_REUSEPORT) ||
                      (option->level == IPPROTO_IPV6 && option->option == IPV6_V6ONLY);
        if (option->socket == index && wanted &&
            hex_read(option->value, &value, sizeof(value)) == sizeof(value))
            setsockopt(workshop->made[index], option->level, option->option, &value, sizeof(value));
    }
}

static int listening_make(const struct image_socket *image, const char *name, int backlog)
{
    cleanup_fd int fd = socket_new(image);

    if (fd < 0 || name_bind(fd, name) < 0 || listen(fd, backlog) < 0)
        return -1;
    return steal_fd(&fd);
}

/* A new client that is connected to address, from the port it had if that can be had. */
static int client_make(const struct image_socket *image, const struct socket_address *to)
{
    for (int i = 0; i <= PORTS_TRIES; i++) {
        cleanup_fd int fd = socket_new(image);
        if (fd < 0)
            return -1;
        if ((i == PORTS_TRIES || name_bind(fd, image->name) == 0) &&
            connect(fd, (const struct sockaddr *)&to->storage, to->size) == 0)
            return steal_fd(&fd);
        if (errno != EADDRNOTAVAIL && errno != EADDRINUSE)
            return -1;
        poll(NULL, 0, PORTS_WAIT_MS);
    }
    return -1;
}

/* Accepts the connection that client has made; others are not of the tree and have to try again. */
static int accept_from(int listener, int client)
{
    for (;;) {
        struct socket_address mine = {.size = sizeof(mine.storage)}, theirs = mine;
        char left[IMAGE_ADDRESS_SIZE], right[IMAGE_ADDRESS_SIZE];
        cleanup_fd int fd =
            accept4(listener, (struct sockaddr *)&theirs.storage, &theirs.size, SOCK_CLOEXEC);
        if (fd < 0 || getsockname(client, (struct sockaddr *)&mine.storage, &mine.size) < 0)
            return -1;
        address_write(&mine, left);
        address_write(&theirs, right);
        if (is_same(left, right))
            return steal_fd(&fd);
    }
}

int inet_pair_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct tree_image *tree = workshop->tree;
    int server = tree->sockets[index].peer, client = index;
    struct socket_address to;

    if (listener_of(tree, tree->sockets[index].name) >= 0) {
        server = index;
        client = tree->sockets[index].peer;
    }
    int listener = listener_of(tree, tree->sockets[server].name);
    cleanup_fd int passing =
        listener >= 0 ? -1 : listening_make(&tree->sockets[server], tree->sockets[server].name, 1);
    int through = listener >= 0 ? workshop->made[listener] : passing;
    if (through < 0 || !address_read(tree->sockets[client].peer_name, &to))
        return socket_fail(err, &tree->sockets[server], "listen at the port of a connection");
    workshop->made[client] = client_make(&tree->sockets[client], &to);
    if (workshop->made[client] >= 0)
        workshop->made[server] = accept_from(through, workshop->made[client]);
    if (workshop->made[client] < 0 || workshop->made[server] < 0)
        return socket_fail(err, &tree->sockets[client], "connect two TCP sockets again");
    workshop->fillers[client] = workshop->made[server];
    workshop->fillers[server] = workshop->made[client];
    return 0;
}

/* A connection to nobody in particular, whose other end we close when all is queued. */
static int ended_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    struct socket_address address = {.size = sizeof(address.storage)};
    struct sockaddr_in *in = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.storage;
    cleanup_fd int listener = socket_new(image);

    address.storage.ss_family = (sa_family_t)image->domain;
    if (image->domain == AF_INET)
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        in6->sin6_addr = in6addr_loopback;
    workshop->made[index] = socket_new(image);
    if (listener < 0 || workshop->made[index] < 0 ||
        bind(listener, (struct sockaddr *)&address.storage,
             image->domain == AF_INET ? sizeof(*in) : sizeof(*in6)) < 0 ||
        listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address.storage, &address.size) < 0 ||
        connect(workshop->made[index], (struct sockaddr *)&address.storage, address.size) < 0)
        return socket_fail(err, image, "make a TCP connection that ends");
    workshop->fillers[index] = accept_from(listener, workshop->made[index]);
    return workshop->fillers[index] < 0 ? socket_fail(err, image, "accept a TCP connection") : 0;
}

int inet_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    char name[SOCKET_NAME_SIZE];

    if (image->state == SOCKET_ENDED || image->state == SOCKET_OUTSIDE)
        return ended_make(workshop, index, err);
    workshop->made[index] = socket_new(image);
    if (workshop->made[index] < 0)
        return socket_fail(err, image, "make a socket");
    options_before_bind(workshop, index);
    socket_name_describe(image->name, name);
    if (image->state == SOCKET_PENDING) /* the port may be in use for a second: any will do */
        return 0;
    if (name_bind(workshop->made[index], image->name) < 0)
        return ckpt_error_errno(err, "bind %s", name);
    if (image->state == SOCKET_LISTENING && listen(workshop->made[index], image->backlog) < 0)
        return ckpt_error_errno(err, "listen at %s", name);
    return 0;
}

int inet_sockets_settle(struct socket_workshop *workshop, struct ckpt_error *err)
{
    for (size_t i = 0; i < workshop->tree->socket_count; i++) {
        const struct image_socket *image = &workshop->tree->sockets[i];
        struct linger reset = {.l_onoff = 1};
        struct socket_address to;
        if (image->domain == AF_UNIX)
            continue;
        if (image->state == SOCKET_OUTSIDE)
            setsockopt(workshop->fillers[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        if ((image->state == SOCKET_PENDING || image->state == SOCKET_PLAIN) &&
            address_read(image->peer_name, &to) &&
            connect(workshop->made[i], (struct sockaddr *)&to.storage, to.size) < 0)
            return socket_fail(err, image, "connect again");
    }
    return 0;
}
