/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a capsule tells the supervisor, and hands to it. */
#include "common/io.h"
#include "restore/restore.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void restore_warn(const struct restore *restore, const char *fmt, ...)
{
    struct ckpt_error warning = {0}; /* no code: not an error */
    va_list list;

    va_start(list, fmt);
    vsnprintf(warning.message, sizeof(warning.message), fmt, list);
    va_end(list);
    if (write(restore->report_fd, &warning, sizeof(warning)) < 0)
        return; /* nobody listens */
}

void restore_fail(const struct restore *restore, const struct ckpt_error *err)
{
    ssize_t sent = write(restore->report_fd, err, sizeof(*err));

    _exit(sent < 0 ? 2 : 1);
}

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
};

int restore_report_terminal(int report_fd, int master)
{
    char byte = 't';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union control control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &master, sizeof(int));
    return sendmsg(report_fd, &message, 0) == 1 ? 0 : -errno;
}

int restore_receive(int report_fd, void *data, size_t size, int *ret_master)
{
    struct iovec part = {.iov_base = data, .iov_len = size};
    union control control = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(report_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (header != NULL && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(ret_master, CMSG_DATA(header), sizeof(int));
    return got < 0 ? -errno : (int)got;
}
