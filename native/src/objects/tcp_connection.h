/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_TCP_CONNECTION_H
#define CKPT_OBJECTS_TCP_CONNECTION_H

#include "objects/socket.h"

/* The listening socket through which a connection to name comes, or -1. */
int tcp_listener_of(const struct tree_image *tree, const char *name);

/* Makes the socket with that index and the peer that it is connected with. */
int tcp_pair_make(struct socket_workshop *workshop, int index, struct ckpt_error *err);
/* Makes one whose peer is gone, or is not of the tree: its other end is to be closed when all is queued. */
int tcp_ended_make(struct socket_workshop *workshop, int index, struct ckpt_error *err);

#endif
