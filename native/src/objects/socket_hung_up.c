/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A unix stream socket whose other end is closed and which has nothing left to read. Runtimes keep one to put in the
 * place of descriptors that they close (Java does): reading it gives the end of the stream, writing EPIPE. */
#include "objects/object.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

static bool is_hung_up(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int socket_hung_up_save(const struct save_context *context, const struct seen_descriptor *seen,
                        struct image_description *ret, struct ckpt_error *err)
{
    (void)context;
    (void)err;
    if (!S_ISSOCK(seen->status.st_mode))
        return 0;
    cleanup_fd int fd = seen_duplicate(seen);
    if (fd < 0 || option(fd, SO_DOMAIN) != AF_UNIX || option(fd, SO_TYPE) != SOCK_STREAM ||
        option(fd, SO_ACCEPTCONN) != 0 || !is_hung_up(fd))
        return 0;
    ret->kind = DESCRIPTION_SOCKET_HUNG_UP;
    return 1;
}

int socket_hung_up_restore(const struct restore_context *context,
                           const struct image_description *description, struct ckpt_error *err)
{
    int ends[2];

    (void)context;
    if (socketpair(AF_UNIX,
                   SOCK_STREAM | SOCK_CLOEXEC |
                       (description->flags & O_NONBLOCK ? SOCK_NONBLOCK : 0),
                   0, ends) < 0)
        return ckpt_error_errno(err, "make a pair of sockets");
    close(ends[1]);
    return ends[0];
}
