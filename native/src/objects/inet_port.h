/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_INET_PORT_H
#define CKPT_OBJECTS_INET_PORT_H

#include "objects/socket.h"

/* The options of that socket, which is made, that decide whether its name can be bound. */
void port_options_set(const struct socket_workshop *workshop, int index);

/* Binds to a name of the image, if it has a port. 0, or -1 with errno. */
int port_bind(int fd, const char *name);
/* The same, and waits for a port that nobody holds any more. */
int port_bind_patiently(int fd, const char *name);
/* A new socket that listens there, or -1 with errno. */
int port_listen(const struct image_socket *image, const char *name, int backlog);

#endif
