/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What has been sent to a socket and not been received: looked at through a duplicate with MSG_PEEK from one offset to
 * the next, and sent again from where it came. Descriptors on their way are duplicated by looking, and saved like
 * those of a process. Empty datagrams behind others, out-of-band bytes and the sender's credentials are not kept. */
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/endpoint.h"
#include "objects/socket.h"
#include "objects/tcp_flow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFER_SIZE     (64 << 10)
#define PASSED_MAX      253 /* SCM_MAX_FD */
#define CONTROL_SIZE    2048
#define SEND_TIMEOUT_MS 5000

/* One look at a queue. */
struct peek {
    int fd;
    char *bytes;
    size_t room, got;
    struct socket_address from;
    char control[CONTROL_SIZE] __attribute__((aligned(8)));
    struct msghdr header;
};

/* How the kernel says so, also of a socket that is not connected yet. */
static bool is_nothing(int error)
{
    return error == EAGAIN || error == ENOTCONN || error == ECONNRESET || error == EINVAL;
}

/* 1: something is there, 0: nothing more, or -errno. */
static int peek_at(struct peek *peek, const struct image_socket *socket, int offset)
{
    bool messages = !socket_is_stream(socket);

    for (;;) {
        struct iovec part = {.iov_base = peek->bytes, .iov_len = peek->room};
        peek->header = (struct msghdr){.msg_name = &peek->from.storage,
                                       .msg_namelen = sizeof(peek->from.storage),
                                       .msg_iov = &part,
                                       .msg_iovlen = 1,
                                       .msg_control = peek->control,
                                       .msg_controllen = sizeof(peek->control)};
        if (socket->protocol != IPPROTO_TCP &&
            setsockopt(peek->fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0)
            return -errno;
        ssize_t got =
            recvmsg(peek->fd, &peek->header,
                    MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC | (messages ? MSG_TRUNC : 0));
        if (got < 0)
            return is_nothing(errno) ? 0 : -errno;
        peek->from.size = peek->header.msg_namelen;
        peek->got = (size_t)got;
        if ((size_t)got <= peek->room)
            return got > 0 || (messages && (socket->shutdown & 1) == 0 && offset == 0);
        char *grown = realloc(peek->bytes, (size_t)got);
        if (grown == NULL)
            return -ENOMEM;
        peek->bytes = grown;
        peek->room = (size_t)got;
    }
}

static bool has_passed(struct peek *peek)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&peek->header); part != NULL;
         part = CMSG_NXTHDR(&peek->header, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
            return true;
    }
    return false;
}

static int passed_save(const struct save_context *context, const struct peek *peek, int message,
                       struct ckpt_error *err)
{
    struct msghdr *header = (struct msghdr *)&peek->header;
    int error = 0;

    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL;
         part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            int description = descriptor_adopt(context, fd, err);
            struct image_passed *passed =
                description < 0 ? NULL : tree_image_add_passed(context->tree);
            if (passed == NULL)
                error = description < 0 ? description : -ENOMEM;
            else
                *passed = (struct image_passed){.message = message, .description = description};
        }
    }
    return error;
}

/* Who has sent it: the socket of the tree with that name, perhaps at any address of the host. */
static int sender_find(const struct tree_image *tree, const struct socket_address *from)
{
    char name[IMAGE_ADDRESS_SIZE];

    address_write(from, name);
    for (size_t i = 0; name[0] != 0 && i < tree->socket_count; i++) {
        if (strcmp(tree->sockets[i].name, name) == 0 ||
            (tree->sockets[i].domain != AF_UNIX && tree->sockets[i].protocol == IPPROTO_UDP &&
             address_is_covered(name, tree->sockets[i].name)))
            return (int)i;
    }
    return -1;
}

/* One look at a stream may show plain bytes and, behind them, others that descriptors came with; where those begin
 * cannot be seen. The descriptors go with the last byte: whoever reads that far gets them, as before. */
static int message_save(const struct save_context *context, int index, struct peek *peek,
                        struct ckpt_error *err)
{
    struct image_socket *socket = &context->tree->sockets[index];
    bool apart = socket_is_stream(socket) && peek->got > 1 && has_passed(peek);
    struct image_message *message = tree_image_add_message(context->tree);

    if (message != NULL && apart) {
        *message = (struct image_message){.socket = index, .sender = -1, .size = --peek->got};
        message = tree_image_add_message(context->tree);
    }
    if (message == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    snprintf(socket->data, sizeof(socket->data), "socket-%d.data", index);
    message->socket = index;
    message->size = apart ? 1 : peek->got;
    peek->got += apart;
    message->sender = socket_is_stream(socket) ? -1 : sender_find(context->tree, &peek->from);
    if (!socket_is_stream(socket) && message->sender < 0)
        address_write(&peek->from, message->from);
    cleanup_fd int out =
        openat(context->dirfd, socket->data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0 || write_full(out, peek->bytes, peek->got) < 0)
        return ckpt_error_errno(err, "write '%s'", socket->data);
    return passed_save(context, peek, (int)context->tree->message_count - 1, err);
}

int socket_queue_save(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_socket socket = context->tree->sockets[index];
    struct peek peek = {.fd = socket.duplicate, .room = BUFFER_SIZE};
    int before = -1, error = 0, offset = 0, queued = 0;
    socklen_t size = sizeof(before);
    bool tcp = socket.protocol == IPPROTO_TCP;
    struct pollfd urgent = {.fd = peek.fd, .events = POLLPRI};

    if (socket_int_option(peek.fd, SO_ACCEPTCONN) == 1)
        return 0;
    if (poll(&urgent, 1, 0) > 0 && (urgent.revents & POLLPRI) != 0)
        return ckpt_error_set(err, ENOTSUP, "out-of-band data of a socket cannot be carried");
    /* TCP shows all of its queue to whoever has the room. */
    if (tcp && (ioctl(peek.fd, SIOCINQ, &queued) < 0 || queued <= 0))
        return 0;
    if (tcp)
        peek.room = (size_t)queued;
    peek.bytes = malloc(peek.room);
    if (peek.bytes == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    if (!tcp)
        getsockopt(peek.fd, SOL_SOCKET, SO_PEEK_OFF, &before, &size);
    while (error == 0) {
        int found = peek_at(&peek, &socket, offset);
        if (found < 0)
            error = ckpt_error_set(err, -found, "look into a socket: %s", strerror(-found));
        if (found <= 0)
            break;
        error = message_save(context, index, &peek, err);
        offset += (int)peek.got;
        if (tcp)
            break;
    }
    if (!tcp)
        setsockopt(peek.fd, SOL_SOCKET, SO_PEEK_OFF, &before, sizeof(before));
    free(peek.bytes);
    return error;
}

/* ---- restoring ---- */

static void control_fill(const struct socket_workshop *workshop, int message, struct msghdr *header)
{
    struct cmsghdr *part = header->msg_control;
    size_t count = 0;

    for (size_t i = 0; i < workshop->tree->passed_count && count < PASSED_MAX; i++) {
        const struct image_passed *passed = &workshop->tree->passed[i];
        if (passed->message == message)
            memcpy(CMSG_DATA(part) + sizeof(int) * count++, &workshop->opened[passed->description],
                   sizeof(int));
    }
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    header->msg_controllen = CMSG_SPACE(count * sizeof(int));
    if (count == 0) {
        header->msg_control = NULL;
        header->msg_controllen = 0;
    }
}

/* A stream may take it in parts; descriptors go with the first. */
static int bytes_send(int fd, struct msghdr *header)
{
    while (header->msg_iov->iov_len > 0 || header->msg_iovlen == 1) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
        ssize_t sent = sendmsg(fd, header, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno != EAGAIN || poll(&poll_fd, 1, SEND_TIMEOUT_MS) <= 0))
            return -1;
        if (sent < 0)
            continue;
        header->msg_iov->iov_base = (char *)header->msg_iov->iov_base + sent;
        header->msg_iov->iov_len -= (size_t)sent;
        header->msg_control = NULL;
        header->msg_controllen = 0;
        if (header->msg_iov->iov_len == 0)
            break;
    }
    return 0;
}

/* A socket to send from in place of one that is gone; with its name if that is still to be had. One in the filesystem
 * is not: nobody could answer to it. */
static int passing_make(const struct image_socket *receiver, const struct image_message *message)
{
    struct socket_address from;
    int fd = socket_new(receiver);
    bool named = fd >= 0 && address_read(message->from, &from) &&
                 (receiver->domain != AF_UNIX ||
                  ((const struct sockaddr_un *)&from.storage)->sun_path[0] == 0);

    if (named && bind(fd, (const struct sockaddr *)&from.storage, from.size) < 0)
        return fd; /* somebody else has it now */
    return fd;
}

static int message_send_again(struct socket_workshop *workshop, int index, int from,
                              struct ckpt_error *err)
{
    const struct image_message *message = &workshop->tree->messages[index];
    const struct image_socket *socket_image = &workshop->tree->sockets[message->socket];
    cleanup_free char *bytes = malloc(message->size + 1);
    char control[CONTROL_SIZE] __attribute__((aligned(8))) = {0};
    struct iovec part = {.iov_base = bytes, .iov_len = message->size};
    struct socket_address to;
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    int filler = workshop->fillers[message->socket];

    if (bytes == NULL || read_full(from, bytes, message->size) != (ssize_t)message->size)
        return ckpt_error_set(err, EBADMSG, "'%s' is too short", socket_image->data);
    cleanup_fd int passing = -1;
    if (filler < 0 && message->sender >= 0)
        filler = workshop->made[message->sender];
    if (filler < 0)
        filler = passing = passing_make(socket_image, message);
    if (workshop->fillers[message->socket] < 0 && address_read(socket_image->name, &to)) {
        header.msg_name = &to.storage;
        header.msg_namelen = to.size;
    }
    control_fill(workshop, index, &header);
    if (bytes_send(filler, &header) < 0)
        return socket_fail(err, socket_image, "send a message again");
    return 0;
}

/* Room for everything that was there before, whatever the options are set to later. */
static void room_make(int fd)
{
    int size = 64 << 20;

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static size_t queued_size(const struct tree_image *tree, int socket)
{
    size_t size = 0;

    for (size_t i = 0; i < tree->message_count; i++)
        size += tree->messages[i].socket == socket ? tree->messages[i].size : 0;
    return size;
}

int socket_queues_fill(struct socket_workshop *workshop, struct ckpt_error *err)
{
    const struct tree_image *tree = workshop->tree;
    int error = 0;

    for (size_t i = 0; error == 0 && i < tree->socket_count; i++) {
        if (tree->sockets[i].data[0] == 0)
            continue;
        cleanup_fd int from = openat(workshop->dirfd, tree->sockets[i].data, O_RDONLY | O_CLOEXEC);
        if (from < 0)
            return ckpt_error_errno(err, "open '%s'", tree->sockets[i].data);
        if (tree->sockets[i].domain == AF_UNIX)
            room_make(workshop->fillers[i]);
        else if (tree->sockets[i].protocol == IPPROTO_TCP)
            tcp_receiver_open(workshop->made[i], queued_size(tree, (int)i));
        for (size_t j = 0; error == 0 && j < tree->message_count; j++) {
            if (tree->messages[j].socket == (int)i)
                error = message_send_again(workshop, (int)j, from, err);
        }
    }
    return error;
}
