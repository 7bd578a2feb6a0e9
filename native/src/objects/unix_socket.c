/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Unix sockets. Who is connected with whom comes from socket diagnostics. A pair is made with socketpair(2), or, where
 * one of them has the name of a listening socket of the tree, through that one, so that both see the names they saw.
 * One whose peer has gone gets a peer that goes as soon as everything is queued. */
#include "common/cleanup.h"
#include "objects/socket.h"
#include "objects/unix_diag.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The path that the socket is bound to, or NULL. */
static const char *path_of(const char *name, struct socket_address *address)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->storage;

    return address_read(name, address) && un->sun_path[0] != 0 ? un->sun_path : NULL;
}

static int diag_fail(const struct image_socket *socket, int error, struct ckpt_error *err)
{
    return ckpt_error_set(err, -error, "ask the kernel about unix socket %llu: %s",
                          (unsigned long long)socket->inode, strerror(-error));
}

int unix_socket_examine(const struct save_context *context, const struct seen_descriptor *seen,
                        struct image_socket *socket, struct ckpt_error *err)
{
    char at[PATH_MAX], directory[PATH_MAX];
    struct socket_address address;
    struct unix_diag diag;
    struct stat status;

    (void)context;
    int error = unix_diag_read(socket->inode, &diag);
    if (error < 0)
        return diag_fail(socket, error, err);
    socket->shutdown = diag.shutdown;
    unix_diag_free(&diag);
    const char *path = path_of(socket->name, &address);
    if (path == NULL)
        return 0;
    if (path[0] != '/') {
        snprintf(at, sizeof(at), "/proc/%d/cwd", (int)seen->outer);
        ssize_t length = readlink(at, directory, sizeof(directory) - 1);
        directory[length < 0 ? 0 : length] = 0;
        socket->directory = strdup(directory);
    }
    snprintf(at, sizeof(at), "/proc/%d/%s/%s", (int)seen->outer, path[0] == '/' ? "root" : "cwd",
             path);
    if (lstat(at, &status) == 0 && S_ISSOCK(status.st_mode))
        socket->mode = status.st_mode & 07777;
    return 0;
}

static int socket_find(const struct tree_image *tree, uint64_t inode)
{
    for (size_t i = 0; inode != 0 && i < tree->socket_count; i++) {
        if (tree->sockets[i].domain == AF_UNIX && tree->sockets[i].inode == inode)
            return (int)i;
    }
    return -1;
}

/* The listening socket of the tree that has not accepted this one yet, or -1. */
static int listener_find(const struct tree_image *tree, const struct image_socket *client)
{
    int found = -1;

    for (size_t i = 0; found < 0 && i < tree->socket_count; i++) {
        struct unix_diag diag;
        if (tree->sockets[i].domain != AF_UNIX ||
            strcmp(tree->sockets[i].name, client->peer_name) != 0 ||
            unix_diag_read(tree->sockets[i].inode, &diag) < 0)
            continue;
        for (size_t j = 0; j < diag.waiting_count; j++) {
            if (diag.waiting[j] == client->inode)
                found = (int)i;
        }
        unix_diag_free(&diag);
    }
    return found;
}

static int peer_relate(const struct save_context *context, int index, const struct unix_diag *diag,
                       struct ckpt_error *err)
{
    struct image_socket *socket = &context->tree->sockets[index];
    struct unix_diag back = {0};
    int unsent = 0;

    if (diag->peer == 0) {
        socket->peer = listener_find(context->tree, socket);
        socket->state = socket->peer >= 0 ? SOCKET_PENDING : SOCKET_ENDED;
        if (socket->state == SOCKET_PENDING && ioctl(socket->duplicate, SIOCOUTQ, &unsent) == 0 &&
            unsent > 0)
            return ckpt_error_set(err, ENOTSUP,
                                  "somebody has written to a connection that nobody has accepted");
        return 0;
    }
    socket->peer = socket_find(context->tree, diag->peer);
    if (socket->peer < 0) {
        /* Whoever collects datagrams, such as a system log, can be found again. */
        bool again = socket->type == SOCK_DGRAM && socket->peer_name[0] != 0;
        socket->state = again ? SOCKET_PLAIN : SOCKET_OUTSIDE;
        return 0;
    }
    int error = unix_diag_read(diag->peer, &back);
    if (error < 0)
        return diag_fail(socket, error, err);
    socket->state = back.peer == socket->inode ? SOCKET_CONNECTED : SOCKET_DIRECTED;
    unix_diag_free(&back);
    return 0;
}

int unix_socket_relate(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_socket *socket = &context->tree->sockets[index];
    struct unix_diag diag;
    int error = unix_diag_read(socket->inode, &diag);

    if (error < 0)
        return diag_fail(socket, error, err);
    socket->state = diag.listening ? SOCKET_LISTENING : SOCKET_PLAIN;
    socket->backlog = diag.listening ? diag.backlog : 0;
    if (diag.has_peer)
        error = peer_relate(context, index, &diag, err);
    unix_diag_free(&diag);
    return error;
}

/* ---- restoring ---- */

/* The name of a socket that died without removing it is still there: it is ours to replace. */
static int path_bind(int fd, const struct image_socket *image, const char *path,
                     const struct socket_address *address)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->size) < 0)
        return -1;
    return image->mode == 0 ? unlink(path) : chmod(path, image->mode);
}

static int name_bind(int fd, const struct image_socket *image, struct ckpt_error *err)
{
    struct socket_address address;
    const char *path = path_of(image->name, &address);
    int result;

    if (address.size == 0)
        return 0;
    if (path == NULL) {
        result = bind(fd, (const struct sockaddr *)&address.storage, address.size);
    } else if (path[0] == '/') {
        result = path_bind(fd, image, path, &address);
    } else {
        cleanup_fd int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        result = image->directory == NULL ? -1 : chdir(image->directory);
        if (result == 0)
            result = path_bind(fd, image, path, &address);
        if (fchdir(back) < 0)
            result = -1;
    }
    return result < 0 ? socket_fail(err, image, path == NULL ? "bind an abstract name" : path) : 0;
}

static int ends_make(struct socket_workshop *workshop, int index, int ret[2])
{
    const struct image_socket *image = &workshop->tree->sockets[index];

    return socketpair(AF_UNIX, image->type | SOCK_CLOEXEC, image->protocol, ret);
}

/* Index of the listening socket with that name, or -1. */
static int listener_named(const struct socket_workshop *workshop, const char *name, int type)
{
    for (size_t i = 0; name[0] != 0 && i < workshop->tree->socket_count; i++) {
        const struct image_socket *image = &workshop->tree->sockets[i];
        if (image->domain == AF_UNIX && image->state == SOCKET_LISTENING && image->type == type &&
            strcmp(image->name, name) == 0)
            return (int)i;
    }
    return -1;
}

/* connect(2) by name, also in the directory that the name is meant in. */
static int name_connect(int fd, const struct image_socket *named)
{
    struct socket_address address;
    cleanup_fd int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (!address_read(named->name, &address) ||
        (named->directory != NULL && chdir(named->directory) < 0))
        return -1;
    int result = connect(fd, (const struct sockaddr *)&address.storage, address.size);
    return fchdir(back) < 0 ? -1 : result;
}

/* Nobody else connects yet, so what is accepted is what has just connected. */
static int accepted_make(struct socket_workshop *workshop, int client, int server, int listener,
                         struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[client];

    workshop->made[client] = socket_new(image);
    if (workshop->made[client] < 0 ||
        name_connect(workshop->made[client], &workshop->tree->sockets[listener]) < 0)
        return socket_fail(err, image, "connect to a listening unix socket");
    workshop->made[server] = accept4(workshop->made[listener], NULL, NULL, SOCK_CLOEXEC);
    return workshop->made[server] < 0 ? socket_fail(err, image, "accept a connection") : 0;
}

int unix_pair_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    int peer = image->peer, error = 0, pair[2];
    /* What the path of a listening socket leads to is that socket only while it has not been removed. */
    int mine = listener_named(workshop, image->name, image->type);
    int other = listener_named(workshop, workshop->tree->sockets[peer].name, image->type);
    bool through = mine >= 0 && workshop->made[mine] >= 0;
    bool through_other = other >= 0 && workshop->made[other] >= 0;

    if (through) {
        error = accepted_make(workshop, peer, index, mine, err);
    } else if (through_other) {
        error = accepted_make(workshop, index, peer, other, err);
    } else if (ends_make(workshop, index, pair) < 0) {
        error = socket_fail(err, image, "make a socket pair");
    } else {
        workshop->made[index] = pair[0];
        workshop->made[peer] = pair[1];
        /* Names of connected datagram sockets are how others send to them. */
        if (image->type == SOCK_DGRAM) {
            error = name_bind(pair[0], image, err);
            if (error == 0)
                error = name_bind(pair[1], &workshop->tree->sockets[peer], err);
        }
    }
    workshop->fillers[index] = workshop->made[peer];
    workshop->fillers[peer] = workshop->made[index];
    return error;
}

int unix_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    int pair[2];

    if (image->state == SOCKET_ENDED || image->state == SOCKET_OUTSIDE) {
        if (ends_make(workshop, index, pair) < 0)
            return socket_fail(err, image, "make a socket pair");
        workshop->made[index] = pair[0];
        workshop->fillers[index] = pair[1];
        return 0;
    }
    workshop->made[index] = socket_new(image);
    if (workshop->made[index] < 0)
        return socket_fail(err, image, "make a unix socket");
    int error = name_bind(workshop->made[index], image, err);
    if (error == 0 && image->state == SOCKET_LISTENING &&
        listen(workshop->made[index], image->backlog) < 0)
        return socket_fail(err, image, "listen at a unix socket");
    return error;
}

static int one_settle(struct socket_workshop *workshop, size_t index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    struct socket_address address;
    int fd = workshop->made[index];

    /* With something unread there, its end is seen as a reset and not as the end of what was sent. */
    if (image->state == SOCKET_OUTSIDE && send(fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return 0;
    if (image->state == SOCKET_PENDING || image->state == SOCKET_DIRECTED) {
        if (name_connect(fd, &workshop->tree->sockets[image->peer]) < 0)
            return socket_fail(err, image, "connect a unix socket again");
    } else if (image->state == SOCKET_PLAIN && address_read(image->peer_name, &address)) {
        /* Whoever was there may have gone: the program then sees what it would have seen. */
        if (connect(fd, (struct sockaddr *)&address.storage, address.size) < 0)
            return 0;
    }
    return 0;
}

int unix_sockets_settle(struct socket_workshop *workshop, struct ckpt_error *err)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < workshop->tree->socket_count; i++) {
        if (workshop->tree->sockets[i].domain == AF_UNIX)
            error = one_settle(workshop, i, err);
    }
    return error;
}
