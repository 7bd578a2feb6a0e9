/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * TCP and UDP. A TCP connection within the tree is made anew over the same two ports; that needs no privilege, and all
 * that was sent has to have arrived, which over the loopback it has unless the receiver's buffer is full. One that
 * leads out of the tree is reset. */
#include "common/cleanup.h"
#include "objects/endpoint.h"
#include "objects/socket.h"
#include "objects/tcp_flow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* For what has ended by itself the kernel keeps a port for a minute. */
#define PORT_TRIES   1300
#define PORT_WAIT_MS 50

/* The kernel keeps the ports of a connection that has just ended for about a second. */
#define PORTS_TRIES   300
#define PORTS_WAIT_MS 10

static bool is_tcp(const struct image_socket *socket)
{
    return (socket->domain == AF_INET || socket->domain == AF_INET6) &&
           socket->protocol == IPPROTO_TCP;
}

/* The listening socket through which a connection to name comes, or -1. */
static int listener_of(const struct tree_image *tree, const char *name)
{
    for (size_t i = 0; i < tree->socket_count; i++) {
        const struct image_socket *socket = &tree->sockets[i];
        if (is_tcp(socket) && socket->backlog > 0 && address_is_covered(name, socket->name))
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

/* The other end of a connection, or -1. A socket may be connected with itself. */
static int peer_find(const struct tree_image *tree, int index)
{
    const struct image_socket *socket = &tree->sockets[index];

    for (size_t i = 0; i < tree->socket_count; i++) {
        const struct image_socket *other = &tree->sockets[i];
        if (is_tcp(other) && address_is_same(other->name, socket->peer_name) &&
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
    if (!is_tcp(socket))
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
    int listener = listener_of(tree, socket->peer_name);

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
        if (!is_tcp(socket))
            continue;
        if (socket->state == SOCKET_OUTSIDE)
            error = outside_finish(tree, socket, err);
        else if (socket->state == SOCKET_CONNECTED && socket->peer >= (int)i)
            error = tcp_flow_save(context, (int)i, err);
    }
    return error;
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

static bool is_port_held(const struct tcp_entry *entry, const void *argument)
{
    struct endpoint name;

    return endpoint_read(argument, &name) && entry->inode != 0 && entry->local.port == name.port;
}

/* Who has ended keeps his port for a minute; somebody who holds it will not give it up. */
static int name_bind_patiently(int fd, const char *name)
{
    struct tcp_entry entry;

    for (int i = 0; i < PORT_TRIES; i++) {
        if (name_bind(fd, name) == 0)
            return 0;
        if (errno != EADDRINUSE)
            return -1;
        if (tcp_entry_find(is_port_held, name, &entry))
            break;
        poll(NULL, 0, PORT_WAIT_MS);
    }
    errno = EADDRINUSE;
    return -1;
}

static int listening_make(const struct image_socket *image, const char *name, int backlog)
{
    cleanup_fd int fd = socket_new(image);

    if (fd < 0 || name_bind_patiently(fd, name) < 0 || listen(fd, backlog) < 0)
        return -1;
    return steal_fd(&fd);
}

/* A new client that is connected to address, from the port it had if that can be had. */
static int client_make(const struct image_socket *image, const char *name,
                       const struct socket_address *to)
{
    for (int i = 0; i <= PORTS_TRIES; i++) {
        cleanup_fd int fd = socket_new(image);
        if (fd < 0)
            return -1;
        if ((i == PORTS_TRIES || name_bind(fd, name) == 0) &&
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
        if (address_is_same(left, right))
            return steal_fd(&fd);
    }
}

/* Listens for one connection at a port that may be in use for a moment more. */
static int port_listen(const struct image_socket *image, const char *name)
{
    for (int i = 0;; i++) {
        int fd = listening_make(image, name, 1);
        if (fd >= 0 || errno != EADDRINUSE || i == PORTS_TRIES)
            return fd;
        poll(NULL, 0, PORTS_WAIT_MS);
    }
}

/* A client that is connected with a server; ret[0] is the client. */
static int connection_make(struct socket_workshop *workshop, const struct image_socket *client,
                           const char *client_name, const char *to,
                           const struct image_socket *server, const char *server_name, int ret[2])
{
    struct socket_address address;
    int listener = listener_of(workshop->tree, server_name);
    cleanup_fd int passing = listener >= 0 ? -1 : port_listen(server, server_name);
    int through = listener >= 0 ? workshop->made[listener] : passing;

    if (through < 0 || !address_read(to, &address))
        return -1;
    ret[0] = client_make(client, client_name, &address);
    ret[1] = ret[0] < 0 ? -1 : accept_from(through, ret[0]);
    if (ret[1] < 0 && ret[0] >= 0)
        close(ret[0]);
    return ret[1] < 0 ? -1 : 0;
}

static int self_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    struct socket_address address;

    address_read(image->name, &address);
    workshop->made[index] = client_make(image, image->name, &address);
    workshop->fillers[index] = workshop->made[index];
    return workshop->made[index] < 0
               ? socket_fail(err, image, "connect a TCP socket with itself again")
               : 0;
}

/* A socket with SO_REUSEADDR leaves a port that can be had again at once. */
static bool leaves_its_port(const struct tree_image *tree, int index)
{
    for (size_t i = 0; i < tree->option_count; i++) {
        const struct image_option *option = &tree->options[i];
        int value = 0;
        if (option->socket == index && option->level == SOL_SOCKET &&
            option->option == SO_REUSEADDR && hex_read(option->value, &value, sizeof(value)) > 0)
            return value != 0;
    }
    return false;
}

int inet_pair_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *all = workshop->tree->sockets;
    int client = index, server = all[index].peer, ends[2];

    if (server == index)
        return self_make(workshop, index, err);
    if (listener_of(workshop->tree, all[index].name) >= 0 ||
        (listener_of(workshop->tree, all[server].name) < 0 &&
         leaves_its_port(workshop->tree, index))) {
        server = index;
        client = all[index].peer;
    }
    if (connection_make(workshop, &all[client], all[client].name, all[client].peer_name,
                        &all[server], all[server].name, ends) < 0)
        return socket_fail(err, &all[client], "connect two TCP sockets again");
    workshop->made[client] = workshop->fillers[server] = ends[0];
    workshop->made[server] = workshop->fillers[client] = ends[1];
    return 0;
}

/* A connection to nobody in particular. */
static int passing_make(struct socket_workshop *workshop, const struct image_socket *image,
                        int ret[2])
{
    struct socket_address address = {.size = sizeof(address.storage)};
    struct sockaddr_in *in = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.storage;
    cleanup_fd int listener = socket_new(image);

    (void)workshop;
    address.storage.ss_family = (sa_family_t)image->domain;
    if (image->domain == AF_INET)
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        in6->sin6_addr = in6addr_loopback;
    ret[0] = socket_new(image);
    if (listener < 0 || ret[0] < 0 ||
        bind(listener, (struct sockaddr *)&address.storage,
             image->domain == AF_INET ? sizeof(*in) : sizeof(*in6)) < 0 ||
        listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address.storage, &address.size) < 0 ||
        connect(ret[0], (struct sockaddr *)&address.storage, address.size) < 0)
        return -1;
    ret[1] = accept_from(listener, ret[0]);
    return ret[1] < 0 ? -1 : 0;
}

/* Its other end is closed when all is queued. It has the names that it had, where nobody else has them. */
static int ended_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    int ends[2] = {-1, -1}, mine = 0, result = -1;

    if (image->state == SOCKET_ENDED && image->peer_name[0] != 0) {
        mine = listener_of(workshop->tree, image->name) >= 0;
        result = mine == 0 ? connection_make(workshop, image, image->name, image->peer_name, image,
                                             image->peer_name, ends)
                           : connection_make(workshop, image, image->peer_name, image->name, image,
                                             image->name, ends);
    }
    if (result < 0) {
        mine = 0;
        result = passing_make(workshop, image, ends);
    }
    workshop->made[index] = ends[mine];
    workshop->fillers[index] = ends[1 - mine];
    return result < 0 ? socket_fail(err, image, "make a TCP connection that ends") : 0;
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
    if (image->state == SOCKET_PENDING || image->state == SOCKET_CONNECTING)
        return 0; /* its port may be in use for a second, and nobody has seen it: any will do */
    if (name_bind_patiently(workshop->made[index], image->name) < 0)
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
