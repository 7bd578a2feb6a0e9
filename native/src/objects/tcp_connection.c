/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * TCP connections that are made again: over the same two ports, with a client and a server, which needs no privilege. Which
 * end is which decides whose port stays in use when it ends. */
#include "objects/tcp_connection.h"

#include "common/cleanup.h"
#include "objects/endpoint.h"
#include "objects/inet_port.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* The kernel keeps the ports of a connection that has just ended for about a second. */
#define PORTS_TRIES   300
#define PORTS_WAIT_MS 10

int tcp_listener_of(const struct tree_image *tree, const char *name)
{
    for (size_t i = 0; i < tree->socket_count; i++) {
        const struct image_socket *socket = &tree->sockets[i];
        if (socket_is_tcp(socket) && socket->backlog > 0 && address_is_covered(name, socket->name))
            return (int)i;
    }
    return -1;
}

/* A new client that is connected to address, from the port it had if that can be had. */
static int client_make(const struct image_socket *image, const char *name,
                       const struct socket_address *to)
{
    for (int i = 0; i <= PORTS_TRIES; i++) {
        cleanup_fd int fd = socket_new(image);
        if (fd < 0)
            return -1;
        if ((i == PORTS_TRIES || port_bind(fd, name) == 0) &&
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
static int listen_soon(const struct image_socket *image, const char *name)
{
    for (int i = 0;; i++) {
        int fd = port_listen(image, name, 1);
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
    int listener = tcp_listener_of(workshop->tree, server_name);
    cleanup_fd int passing = listener >= 0 ? -1 : listen_soon(server, server_name);
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

int tcp_pair_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *all = workshop->tree->sockets;
    int client = index, server = all[index].peer, ends[2];

    if (server == index)
        return self_make(workshop, index, err);
    if (tcp_listener_of(workshop->tree, all[index].name) >= 0 ||
        (tcp_listener_of(workshop->tree, all[server].name) < 0 &&
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
int tcp_ended_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    int ends[2] = {-1, -1}, mine = 0, result = -1;

    if (image->state == SOCKET_ENDED && image->peer_name[0] != 0) {
        mine = tcp_listener_of(workshop->tree, image->name) >= 0;
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
