/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * One question to the kernel's socket diagnostics, and its answer. */
#include "objects/unix_diag.h"

#include "common/cleanup.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STATE_LISTENING 10 /* TCP_LISTEN */
#define ANSWER_SIZE     65536

static int ask(int fd, uint64_t inode)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } message = {
        .header = {.nlmsg_len = sizeof(message),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = AF_UNIX,
                    .udiag_states = ~0U,
                    .udiag_ino = (uint32_t)inode,
                    .udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN,
                    .udiag_cookie = {~0U, ~0U}},
    };

    return send(fd, &message, sizeof(message), 0) < 0 ? -errno : 0;
}

static int attribute_take(const struct rtattr *attribute, struct unix_diag *diag)
{
    const void *data = RTA_DATA(attribute);
    size_t size = RTA_PAYLOAD(attribute);

    switch (attribute->rta_type) {
    case UNIX_DIAG_PEER:
        diag->has_peer = true;
        memcpy(&diag->peer, data, sizeof(diag->peer));
        break;
    case UNIX_DIAG_RQLEN:
        diag->backlog = (int)((const struct unix_diag_rqlen *)data)->udiag_wqueue;
        break;
    case UNIX_DIAG_SHUTDOWN:
        diag->shutdown = *(const uint8_t *)data;
        break;
    case UNIX_DIAG_ICONS:
        diag->waiting = malloc(size + 1);
        if (diag->waiting == NULL)
            return -ENOMEM;
        memcpy(diag->waiting, data, size);
        diag->waiting_count = size / sizeof(uint32_t);
        break;
    default:
        break;
    }
    return 0;
}

static int answer_read(const char *buffer, ssize_t got, struct unix_diag *diag)
{
    const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
    const struct unix_diag_msg *message = NLMSG_DATA(header);

    if (got < (ssize_t)sizeof(*header) || !NLMSG_OK(header, (size_t)got))
        return -EBADMSG;
    if (header->nlmsg_type == NLMSG_ERROR)
        return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
    diag->listening = message->udiag_state == STATE_LISTENING;
    int left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)));
    const struct rtattr *attribute = (const struct rtattr *)(message + 1);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        int error = attribute_take(attribute, diag);
        if (error < 0)
            return error;
    }
    return 0;
}

int unix_diag_read(uint64_t inode, struct unix_diag *ret)
{
    cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    cleanup_free char *buffer = malloc(ANSWER_SIZE);

    memset(ret, 0, sizeof(*ret));
    if (fd < 0 || buffer == NULL)
        return -errno;
    int error = ask(fd, inode);
    if (error < 0)
        return error;
    ssize_t got = recv(fd, buffer, ANSWER_SIZE, 0);
    return got < 0 ? -errno : answer_read(buffer, got, ret);
}

void unix_diag_free(struct unix_diag *diag)
{
    free(diag->waiting);
    diag->waiting = NULL;
}
