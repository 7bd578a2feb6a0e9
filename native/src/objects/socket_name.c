/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Addresses of sockets: to and from the image, and for people. */
#include "objects/socket_name.h"

#include "image/tree.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

void hex_write(const void *bytes, size_t size, char *ret)
{
    for (size_t i = 0; i < size; i++)
        snprintf(ret + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
    ret[2 * size] = 0;
}

ssize_t hex_read(const char *text, void *ret, size_t room)
{
    size_t size = strlen(text) / 2;

    if (size > room || strlen(text) % 2 != 0)
        return -1;
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return -1;
        ((unsigned char *)ret)[i] = (unsigned char)byte;
    }
    return (ssize_t)size;
}

void address_write(const struct socket_address *address, char *ret)
{
    ret[0] = 0;
    /* A socket without a name shows its family only. */
    if (address->size > sizeof(sa_family_t) && address->size <= (IMAGE_ADDRESS_SIZE - 1) / 2)
        hex_write(&address->storage, address->size, ret);
}

bool address_read(const char *text, struct socket_address *ret)
{
    memset(ret, 0, sizeof(*ret));
    ssize_t size = hex_read(text, &ret->storage, sizeof(ret->storage) - 1);
    ret->size = size > 0 ? (socklen_t)size : 0;
    return size > (ssize_t)sizeof(sa_family_t);
}

void socket_name_describe(const char *text, char ret[SOCKET_NAME_SIZE])
{
    struct socket_address address;
    char host[INET6_ADDRSTRLEN] = "";

    address_read(text, &address);
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address.storage;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address.storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address.storage;
    if (address.size == 0) {
        snprintf(ret, SOCKET_NAME_SIZE, "somebody");
    } else if (address.storage.ss_family == AF_INET) {
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(ret, SOCKET_NAME_SIZE, "%s:%d", host, ntohs(in->sin_port));
    } else if (address.storage.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        snprintf(ret, SOCKET_NAME_SIZE, "[%s]:%d", host, ntohs(in6->sin6_port));
    } else if (un->sun_path[0] == 0) {
        snprintf(ret, SOCKET_NAME_SIZE, "'@%.*s'", (int)(address.size - sizeof(un->sun_family) - 1),
                 un->sun_path + 1);
    } else {
        snprintf(ret, SOCKET_NAME_SIZE, "'%s'", un->sun_path);
    }
}
