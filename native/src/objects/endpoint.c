/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * IP addresses with ports, compared across both families, and the kernel's table of all TCP sockets, which knows those
 * that nobody can be asked about. */
#include "objects/endpoint.h"

#include "objects/socket_name.h"

#include <stdio.h>
#include <string.h>

bool endpoint_read(const char *text, struct endpoint *ret)
{
    struct socket_address address;

    memset(ret, 0, sizeof(*ret));
    if (!address_read(text, &address))
        return false;
    if (address.storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address.storage;
        ret->address = in6->sin6_addr;
        ret->port = in6->sin6_port;
        ret->any = IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address.storage;
        ret->address.s6_addr[10] = ret->address.s6_addr[11] = 0xff;
        memcpy(ret->address.s6_addr + 12, &in->sin_addr, sizeof(in->sin_addr));
        ret->port = in->sin_port;
        ret->any = in->sin_addr.s_addr == INADDR_ANY;
    }
    return true;
}

bool endpoint_is_same(const struct endpoint *left, const struct endpoint *right)
{
    return left->port == right->port &&
           memcmp(&left->address, &right->address, sizeof(left->address)) == 0;
}

bool address_is_same(const char *left, const char *right)
{
    struct endpoint a, b;

    return endpoint_read(left, &a) && endpoint_read(right, &b) && endpoint_is_same(&a, &b);
}

bool address_is_covered(const char *name, const char *bound)
{
    struct endpoint a, b;

    return endpoint_read(name, &a) && endpoint_read(bound, &b) &&
           (endpoint_is_same(&a, &b) || (b.any && a.port == b.port));
}

/* Eight digits for each 32-bit word, which are in the order of this machine. */
static bool address_parse(const char *text, struct endpoint *ret)
{
    size_t words = strlen(text) / 8;
    uint32_t word;

    if (words != 1 && words != 4)
        return false;
    memset(&ret->address, 0, sizeof(ret->address));
    if (words == 1)
        ret->address.s6_addr[10] = ret->address.s6_addr[11] = 0xff;
    for (size_t i = 0; i < words; i++) {
        if (sscanf(text + 8 * i, "%8x", &word) != 1)
            return false;
        memcpy(ret->address.s6_addr + (words == 1 ? 12 : 4 * i), &word, sizeof(word));
    }
    return true;
}

static bool entry_parse(const char *line, struct tcp_entry *ret)
{
    char local[33], remote[33];
    unsigned local_port, remote_port;
    unsigned long inode;

    memset(ret, 0, sizeof(*ret));
    if (sscanf(line, "%*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", local,
               &local_port, remote, &remote_port, &ret->state, &inode) != 6 ||
        !address_parse(local, &ret->local) || !address_parse(remote, &ret->remote))
        return false;
    ret->local.port = htons((uint16_t)local_port);
    ret->remote.port = htons((uint16_t)remote_port);
    ret->inode = inode;
    return true;
}

bool tcp_entry_find(bool (*is_wanted)(const struct tcp_entry *, const void *), const void *argument,
                    struct tcp_entry *ret)
{
    static const char *const tables[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};
    char line[512];
    bool found = false;

    for (int i = 0; i < 2 && !found; i++) {
        FILE *file = fopen(tables[i], "re");
        while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
            found = entry_parse(line, ret) && is_wanted(ret, argument);
        if (file != NULL)
            fclose(file);
    }
    return found;
}
