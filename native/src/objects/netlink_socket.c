/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Netlink sockets that only ask and listen: the kernel keeps nothing for them but the number they are addressed by, the
 * groups they listen to and options. With other protocols a program may have registered itself for something, which
 * nobody can see. Messages that nobody has read cannot be put back. */
#include "objects/socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define GROUPS_MAX 4096

bool socket_is_netlink(const struct image_socket *socket)
{
    return socket->domain == AF_NETLINK;
}

static bool protocol_is_plain(int protocol)
{
    switch (protocol) {
    case NETLINK_ROUTE:
    case NETLINK_SOCK_DIAG:
    case NETLINK_XFRM:
    case NETLINK_SELINUX:
    case NETLINK_AUDIT:
    case NETLINK_FIB_LOOKUP:
    case NETLINK_KOBJECT_UEVENT:
    case NETLINK_GENERIC:
    case NETLINK_RDMA:
    case NETLINK_CRYPTO:
        return true;
    default:
        return false;
    }
}

/* ---- saving ---- */

static int option_save(struct tree_image *tree, int index, int option, int value)
{
    struct image_option *added = tree_image_add_option(tree);

    if (added == NULL)
        return -ENOMEM;
    added->socket = index;
    added->level = SOL_NETLINK;
    added->option = option;
    hex_write(&value, sizeof(value), added->value);
    return 0;
}

static int groups_save(struct tree_image *tree, int index, int fd)
{
    uint32_t groups[GROUPS_MAX / 32] = {0};
    socklen_t size = sizeof(groups);
    int error = 0;

    if (getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &size) < 0)
        return -errno;
    if (size > sizeof(groups))
        return -E2BIG;
    for (int i = 0; error == 0 && i < GROUPS_MAX; i++) {
        if ((groups[i / 32] >> i % 32 & 1) != 0)
            error = option_save(tree, index, NETLINK_ADD_MEMBERSHIP, i + 1);
    }
    return error;
}

static int options_save(struct tree_image *tree, int index, int fd)
{
    static const int options[] = {
        NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS,    NETLINK_LISTEN_ALL_NSID,
        NETLINK_CAP_ACK, NETLINK_EXT_ACK,         NETLINK_GET_STRICT_CHK};
    int error = 0;

    for (size_t i = 0; error == 0 && i < sizeof(options) / sizeof(options[0]); i++) {
        int value = 0;
        socklen_t size = sizeof(value);
        if (getsockopt(fd, SOL_NETLINK, options[i], &value, &size) == 0 && value != 0)
            error = option_save(tree, index, options[i], value);
    }
    return error;
}

int netlink_socket_examine(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_socket *socket = &context->tree->sockets[index];
    struct pollfd ready = {.fd = socket->duplicate, .events = POLLIN};
    struct sockaddr_nl peer = {0};

    if (!protocol_is_plain(socket->protocol))
        return ckpt_error_set(err, ENOTSUP,
                              "a netlink socket of protocol %d may have registered with the kernel",
                              socket->protocol);
    /* Reading, even without taking, would take an error that waits. */
    if (poll(&ready, 1, 0) > 0)
        return ckpt_error_set(err, EINPROGRESS,
                              "a netlink socket has messages that nobody has read");
    hex_read(socket->peer_name, &peer, sizeof(peer));
    if (peer.nl_pid == 0 && peer.nl_groups == 0)
        socket->peer_name[0] = 0; /* the kernel, as without connecting */
    int error = groups_save(context->tree, index, socket->duplicate);
    if (error == 0)
        error = options_save(context->tree, index, socket->duplicate);
    if (error < 0)
        return ckpt_error_set(err, -error, "look at a netlink socket: %s", strerror(-error));
    return 0;
}

/* ---- restoring ---- */

static int groups_join(const struct tree_image *tree, int index, int fd)
{
    for (size_t i = 0; i < tree->option_count; i++) {
        const struct image_option *option = &tree->options[i];
        int group;
        if (option->socket == index && option->level == SOL_NETLINK &&
            option->option == NETLINK_ADD_MEMBERSHIP &&
            hex_read(option->value, &group, sizeof(group)) == sizeof(group) &&
            setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
            return -1;
    }
    return 0;
}

int netlink_socket_make(struct socket_workshop *workshop, int index, struct ckpt_error *err)
{
    const struct image_socket *image = &workshop->tree->sockets[index];
    struct sockaddr_nl name = {0}, peer = {0};
    int fd = workshop->made[index] = socket_new(image);

    if (fd < 0)
        return socket_fail(err, image, "make a netlink socket");
    hex_read(image->name, &name, sizeof(name));
    name.nl_groups = 0; /* they are among the options, where there are more than 32 */
    /* Programs throw away answers that are for another number. */
    if (name.nl_pid != 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
        return socket_fail(err, image, "give a netlink socket the number that it had");
    if (groups_join(workshop->tree, index, fd) < 0)
        return socket_fail(err, image, "listen to the group of a netlink socket");
    if (image->peer_name[0] != 0 && hex_read(image->peer_name, &peer, sizeof(peer)) > 0 &&
        connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0)
        return socket_fail(err, image, "connect a netlink socket");
    return 0;
}
