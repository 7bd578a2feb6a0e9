/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_SOCKET_NAME_H
#define CKPT_OBJECTS_SOCKET_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* The address of a socket, in the image as hexadecimal. */
struct socket_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

#define SOCKET_NAME_SIZE 160

/* ret has room for IMAGE_ADDRESS_SIZE; "" for the address of a socket that has none. */
void address_write(const struct socket_address *address, char *ret);
bool address_read(const char *text, struct socket_address *ret);

/* For people: a path, @abstract, 127.0.0.1:80, [::1]:80 or "somebody". */
void socket_name_describe(const char *text, char ret[SOCKET_NAME_SIZE]);

void hex_write(const void *bytes, size_t size, char *ret);
/* How many bytes, or -1. */
ssize_t hex_read(const char *text, void *ret, size_t room);

#endif
