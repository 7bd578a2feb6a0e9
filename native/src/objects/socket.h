/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SOCKET_H
#define CKPT_OBJECTS_SOCKET_H

/* What the files about sockets share; the rest of the program knows object.h only. */

#include "objects/object.h"
#include "objects/socket_name.h"

#include <sys/socket.h>
#include <sys/un.h>

/* Sockets that are being restored, by index. */
struct socket_workshop {
    const struct tree_image *tree;
    int dirfd;
    const int *opened; /* descriptors by index of description */
    int *made;         /* the sockets, -1: not yet */
    int *fillers;      /* where to write for what the socket is to receive, -1: there is none */
};

bool socket_is_stream(const struct image_socket *socket); /* no messages, only bytes */
bool socket_is_netlink(const struct image_socket *socket);
bool socket_is_tcp(const struct image_socket *socket);
/* -1: it has none. */
int socket_int_option(int fd, int option);
int socket_new(const struct image_socket *socket);
int socket_fail(struct ckpt_error *err, const struct image_socket *socket, const char *what);

/* socket_queue.c. What has not been received yet: without taking it away, and again. */
int socket_queue_save(const struct save_context *context, int index, struct ckpt_error *err);
int socket_queues_fill(struct socket_workshop *workshop, struct ckpt_error *err);

/* unix_socket.c and inet_socket.c. Saving: state, peer, backlog, shutdown of the socket with that index. Restoring:
 * makes that one, or it and the peer that it is connected with. */
int unix_socket_examine(const struct save_context *context, const struct seen_descriptor *seen,
                        struct image_socket *socket, struct ckpt_error *err);
int unix_socket_relate(const struct save_context *context, int index, struct ckpt_error *err);
int unix_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err);
int unix_pair_make(struct socket_workshop *workshop, int index, struct ckpt_error *err);
int unix_sockets_settle(struct socket_workshop *workshop, struct ckpt_error *err);
int inet_socket_relate(const struct save_context *context, int index, struct ckpt_error *err);
/* Once all have been related. */
int inet_sockets_finish(const struct save_context *context, struct ckpt_error *err);
int inet_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err);
int inet_sockets_settle(struct socket_workshop *workshop, struct ckpt_error *err);
/* netlink_socket.c */
int netlink_socket_examine(const struct save_context *context, int index, struct ckpt_error *err);
int netlink_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err);

#endif
