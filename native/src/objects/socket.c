/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What sockets of every family have: a name, options, and a place in the order of things. Saving takes two steps: each
 * socket as it is seen, then, when all are known, queues and who is connected with whom. Restoring makes all sockets
 * at the first one that is asked for, since they need each other, and fills them when everything else is open.
 * unix_socket.c, inet_socket.c and netlink_socket.c have what differs. */
#include "objects/socket.h"
#include "objects/tcp_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

/* Read and written as they are. Buffer sizes are apart: the kernel gives twice what it took. */
static const struct {
    int level, option;
} options[] = {
    {SOL_SOCKET, SO_REUSEADDR}, {SOL_SOCKET, SO_REUSEPORT},  {SOL_SOCKET, SO_KEEPALIVE},
    {SOL_SOCKET, SO_BROADCAST}, {SOL_SOCKET, SO_PASSCRED},   {SOL_SOCKET, SO_OOBINLINE},
    {SOL_SOCKET, SO_RCVLOWAT},  {SOL_SOCKET, SO_TIMESTAMP},  {SOL_SOCKET, SO_LINGER},
    {SOL_SOCKET, SO_RCVTIMEO},  {SOL_SOCKET, SO_SNDTIMEO},   {SOL_SOCKET, SO_PEEK_OFF},
    {IPPROTO_TCP, TCP_NODELAY}, {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT}, {IPPROTO_IPV6, IPV6_V6ONLY},
};

static struct socket_workshop workshop;

/* ---- helpers ---- */

bool socket_is_stream(const struct image_socket *socket)
{
    return socket->type == SOCK_STREAM;
}

int socket_new(const struct image_socket *socket_image)
{
    return socket(socket_image->domain, socket_image->type | SOCK_CLOEXEC, socket_image->protocol);
}

int socket_int_option(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

int socket_fail(struct ckpt_error *err, const struct image_socket *socket, const char *what)
{
    return ckpt_error_errno(err, "%s (a socket with number %llu at the checkpoint)", what,
                            (unsigned long long)socket->inode);
}

/* ---- saving ---- */

static int option_add(struct tree_image *tree, int socket, int level, int option, const void *value,
                      size_t size)
{
    struct image_option *added = tree_image_add_option(tree);

    if (added == NULL)
        return -ENOMEM;
    added->socket = socket;
    added->level = level;
    added->option = option;
    hex_write(value, size, added->value);
    return 0;
}

static int options_save(struct tree_image *tree, int index, int fd)
{
    int family = tree->sockets[index].domain, error = 0;
    unsigned char value[16];

    for (size_t i = 0; error == 0 && i < sizeof(options) / sizeof(options[0]); i++) {
        socklen_t size = sizeof(value);
        if ((options[i].level == IPPROTO_IPV6 && family != AF_INET6) ||
            getsockopt(fd, options[i].level, options[i].option, value, &size) < 0)
            continue; /* not of this kind */
        error = option_add(tree, index, options[i].level, options[i].option, value, size);
    }
    int locked = 3, both = 0;
    socklen_t size = sizeof(locked);
    /* The kernel sizes a TCP buffer by itself until somebody sets it. */
    if (family != AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locked, &size) < 0)
        locked = 0;
    for (int which = 0; error == 0 && which < 2; which++) {
        int option = which == 0 ? SO_SNDBUF : SO_RCVBUF;
        size = sizeof(both);
        if ((locked & (which + 1)) == 0 || getsockopt(fd, SOL_SOCKET, option, &both, &size) < 0)
            continue;
        both /= 2;
        error = option_add(tree, index, SOL_SOCKET, option, &both, sizeof(both));
    }
    return error;
}

static void names_save(struct image_socket *socket)
{
    struct socket_address address = {.size = sizeof(address.storage)};

    if (getsockname(socket->duplicate, (struct sockaddr *)&address.storage, &address.size) == 0)
        address_write(&address, socket->name);
    address.size = sizeof(address.storage);
    if (getpeername(socket->duplicate, (struct sockaddr *)&address.storage, &address.size) == 0)
        address_write(&address, socket->peer_name);
}

static bool is_of_known_kind(const struct image_socket *socket)
{
    return socket->domain == AF_UNIX || socket_is_netlink(socket) ||
           ((socket->domain == AF_INET || socket->domain == AF_INET6) &&
            (socket->protocol == IPPROTO_TCP || socket->protocol == IPPROTO_UDP));
}

/* A BPF program that decides what the socket receives. */
static bool has_filter(int fd)
{
    socklen_t length = 0;

    return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &length) < 0 ? errno == EACCES
                                                                        : length > 0;
}

int socket_save(const struct save_context *context, const struct seen_descriptor *seen,
                struct image_description *ret, struct ckpt_error *err)
{
    if (!S_ISSOCK(seen->status.st_mode))
        return 0;
    int fd = seen_duplicate(seen);
    if (fd < 0 || descriptor_keep(context, fd) < 0)
        return ckpt_error_errno(err, "look at the socket '%s'", seen->target);
    struct image_socket *socket = tree_image_add_socket(context->tree);
    if (socket == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    socket->inode = seen->status.st_ino;
    socket->duplicate = fd;
    socket->domain = socket_int_option(fd, SO_DOMAIN);
    socket->type = socket_int_option(fd, SO_TYPE);
    socket->protocol = socket_int_option(fd, SO_PROTOCOL);
    if (has_filter(fd))
        return ckpt_error_set(err, ENOTSUP, "a socket with a filter (SO_ATTACH_FILTER, BPF)");
    if (!is_of_known_kind(socket))
        return ckpt_error_set(err, ENOTSUP, "a socket of family %d, type %d cannot be carried",
                              socket->domain, socket->type);
    names_save(socket);
    ret->kind = DESCRIPTION_SOCKET;
    ret->socket = (int)context->tree->socket_count - 1;
    if (options_save(context->tree, ret->socket, fd) < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    int error = 0;
    if (socket->domain == AF_UNIX)
        error = unix_socket_examine(context, seen, socket, err);
    else if (socket_is_netlink(socket))
        error = netlink_socket_examine(context, ret->socket, err);
    return error < 0 ? error : 1;
}

int sockets_save(const struct save_context *context, struct ckpt_error *err)
{
    struct tree_image *tree = context->tree;
    int error = 0;

    /* A message may hold sockets that nobody else holds: the table grows meanwhile. */
    for (size_t i = 0; error == 0 && i < tree->socket_count; i++) {
        if (tree->sockets[i].domain == AF_UNIX)
            error = socket_queue_save(context, (int)i, err);
    }
    for (size_t i = 0; error == 0 && i < tree->socket_count; i++) {
        if (!socket_is_netlink(&tree->sockets[i]))
            error = tree->sockets[i].domain == AF_UNIX ? unix_socket_relate(context, (int)i, err)
                                                       : inet_socket_relate(context, (int)i, err);
    }
    if (error == 0)
        error = inet_sockets_finish(context, err);
    for (size_t i = 0; error == 0 && i < tree->socket_count; i++) {
        if (tree->sockets[i].domain != AF_UNIX && !socket_is_netlink(&tree->sockets[i]) &&
            !tree->sockets[i].in_transit)
            error = socket_queue_save(context, (int)i, err);
    }
    return error;
}

/* ---- restoring ---- */

/* Those that listen, then the connected, which may come through them, then all others. */
static int sockets_make(struct ckpt_error *err)
{
    int error = 0;

    for (int step = 0; step < 3; step++) {
        for (size_t i = 0; error == 0 && i < workshop.tree->socket_count; i++) {
            const struct image_socket *socket = &workshop.tree->sockets[i];
            bool is_unix = socket->domain == AF_UNIX, pair = socket->state == SOCKET_CONNECTED;
            bool is_netlink = socket_is_netlink(socket);
            int turn = socket->state == SOCKET_LISTENING ? 0 : pair ? 1 : 2;
            if (turn != step || workshop.made[i] >= 0)
                continue;
            error = (is_unix      ? pair ? unix_pair_make : unix_socket_make
                     : is_netlink ? netlink_socket_make
                     : pair       ? tcp_pair_make
                                  : inet_socket_make)(&workshop, (int)i, err);
        }
    }
    return error;
}

static int workshop_open(const struct restore_context *context, struct ckpt_error *err)
{
    size_t count = context->tree->socket_count;

    workshop.tree = context->tree;
    workshop.dirfd = context->dirfd;
    workshop.opened = context->opened;
    workshop.made = malloc((count + 1) * sizeof(int));
    workshop.fillers = malloc((count + 1) * sizeof(int));
    if (workshop.made == NULL || workshop.fillers == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    for (size_t i = 0; i < count; i++)
        workshop.made[i] = workshop.fillers[i] = -1;
    return sockets_make(err);
}

int socket_restore(const struct restore_context *context,
                   const struct image_description *description, struct ckpt_error *err)
{
    int error = workshop.made == NULL ? workshop_open(context, err) : 0;

    if (error < 0)
        return error;
    int fd = fcntl(workshop.made[description->socket], F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || fcntl(fd, F_SETFL, description->flags & O_NONBLOCK) < 0)
        return ckpt_error_errno(err, "make a socket");
    return fd;
}

static void options_set(void)
{
    for (size_t i = 0; i < workshop.tree->option_count; i++) {
        const struct image_option *option = &workshop.tree->options[i];
        unsigned char value[sizeof(option->value) / 2];
        ssize_t size = hex_read(option->value, value, sizeof(value));
        /* See port_share(): it stays on. */
        bool shared = option->level == SOL_SOCKET && option->option == SO_REUSEADDR &&
                      workshop.tree->sockets[option->socket].protocol == IPPROTO_TCP &&
                      !socket_is_netlink(&workshop.tree->sockets[option->socket]);
        /* What this kernel or this user may not set differs in speed, not in what arrives. */
        if (size > 0 && !shared)
            setsockopt(workshop.made[option->socket], option->level, option->option, value,
                       (socklen_t)size);
    }
}

static void shutdowns_do(void)
{
    for (size_t i = 0; i < workshop.tree->socket_count; i++) {
        int mask = workshop.tree->sockets[i].shutdown;
        enum socket_state state = workshop.tree->sockets[i].state;
        if (mask != 0 && (state == SOCKET_CONNECTED || state == SOCKET_ENDED))
            shutdown(workshop.made[i], mask == 3 ? SHUT_RDWR : mask == 2 ? SHUT_WR : SHUT_RD);
    }
}

int sockets_settle(const struct restore_context *context, struct ckpt_error *err)
{
    int error = 0;

    if (workshop.made == NULL)
        return 0;
    error = socket_queues_fill(&workshop, err);
    if (error == 0)
        error = unix_sockets_settle(&workshop, err);
    if (error == 0)
        error = inet_sockets_settle(&workshop, err);
    options_set();
    shutdowns_do();
    for (size_t i = 0; i < context->tree->socket_count; i++) {
        const struct image_socket *socket = &context->tree->sockets[i];
        if (workshop.fillers[i] >= 0 && socket->state != SOCKET_CONNECTED)
            close(workshop.fillers[i]);
        close(workshop.made[i]);
    }
    return error;
}
