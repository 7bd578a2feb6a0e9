/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_TCP_FLOW_H
#define CKPT_OBJECTS_TCP_FLOW_H

#include "objects/object.h"

/* Of the connection between the socket with that index and its peer, both of the tree: saves all bytes that have been
 * written and not been read. When this returns they are under way again. */
int tcp_flow_save(const struct save_context *context, int index, struct ckpt_error *err);

/* Before size bytes are written that nobody reads yet: makes room for them in the receiver. */
void tcp_receiver_open(int fd, size_t size);

#endif
