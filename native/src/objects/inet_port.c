/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The ports of TCP and UDP sockets that are restored. The old incarnation's may be in use for a moment, or a minute, more. */
#include "objects/inet_port.h"

#include "common/cleanup.h"
#include "objects/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

/* For what has ended by itself the kernel keeps a port for a minute. */
#define PORT_TRIES   1300
#define PORT_WAIT_MS 50

int port_bind(int fd, const char *name)
{
    struct socket_address address;
    struct endpoint endpoint;
    int one = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!endpoint_read(name, &endpoint) || endpoint.port == 0 || !address_read(name, &address))
        return 0;
    return bind(fd, (struct sockaddr *)&address.storage, address.size);
}

void port_options_set(const struct socket_workshop *workshop, int index)
{
    for (size_t i = 0; i < workshop->tree->option_count; i++) {
        const struct image_option *option = &workshop->tree->options[i];
        int value;
        bool wanted = (option->level == SOL_SOCKET && option->option == SO_REUSEPORT) ||
                      (option->level == IPPROTO_IPV6 && option->option == IPV6_V6ONLY);
        if (option->socket == index && wanted &&
            hex_read(option->value, &value, sizeof(value)) == sizeof(value))
            setsockopt(workshop->made[index], option->level, option->option, &value, sizeof(value));
    }
}

static bool is_port_held(const struct tcp_entry *entry, const void *argument)
{
    struct endpoint name;

    return endpoint_read(argument, &name) && entry->inode != 0 && entry->local.port == name.port;
}

/* Who has ended keeps his port for a minute; somebody who holds it will not give it up. */
int port_bind_patiently(int fd, const char *name)
{
    struct tcp_entry entry;

    for (int i = 0; i < PORT_TRIES; i++) {
        if (port_bind(fd, name) == 0)
            return 0;
        if (errno != EADDRINUSE)
            return -1;
        if (tcp_entry_find(is_port_held, name, &entry))
            break;
        poll(NULL, 0, PORT_WAIT_MS);
    }
    errno = EADDRINUSE;
    return -1;
}

int port_listen(const struct image_socket *image, const char *name, int backlog)
{
    cleanup_fd int fd = socket_new(image);

    if (fd < 0 || port_bind_patiently(fd, name) < 0 || listen(fd, backlog) < 0)
        return -1;
    return steal_fd(&fd);
}
