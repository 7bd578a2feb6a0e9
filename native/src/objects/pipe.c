/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Pipes and FIFOs: capacity, and what has been written and not been read, as packets where it was. tee(2) copies them without
 * taking them. Every end with its own open file description opens the pipe anew through /proc/self/fd. */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static int pipe_find(const struct tree_image *tree, uint64_t inode)
{
    for (size_t i = 0; i < tree->pipe_count; i++) {
        if (tree->pipes[i].inode == inode)
            return (int)i;
    }
    return -1;
}

/* A pipe with a copy of all that is in the other; returns its read end. */
static int queue_tee(int pipe, const struct image_pipe *image)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    cleanup_fd int read_end = ends[0];
    cleanup_fd int write_end = ends[1];
    /* A buffer of the copy holds at most what one of the original does, so the same capacity is enough. */
    if (fcntl(write_end, F_SETPIPE_SZ, image->capacity) < 0)
        return -1;
    ssize_t copied = tee(pipe, write_end, image->queued, SPLICE_F_NONBLOCK);
    if (copied >= 0 && copied != (ssize_t)image->queued)
        errno = EIO;
    return copied != (ssize_t)image->queued ? -1 : steal_fd(&read_end);
}

/* Of a packet that is read in part the rest is dropped. */
static bool begins_with_packet(int pipe, const struct image_pipe *image)
{
    cleanup_fd int copy = queue_tee(pipe, image);
    char byte;
    int left = 0;

    return copy >= 0 && read(copy, &byte, 1) == 1 && ioctl(copy, FIONREAD, &left) == 0 &&
           (uint64_t)left + 1 < image->queued;
}

static int queue_copy(int pipe, struct image_pipe *image, int dirfd)
{
    cleanup_fd int copy = queue_tee(pipe, image);
    cleanup_free char *bytes = malloc(image->queued);
    cleanup_free uint32_t *sizes = NULL; /* each read gives no more than one packet */
    size_t count = 0, at = 0;

    if (copy < 0 || bytes == NULL)
        return -errno;
    while (at < image->queued) {
        ssize_t got = read(copy, bytes + at, image->queued - at);
        uint32_t *added = array_add(&sizes, &count, sizeof(*sizes));
        if (got <= 0 || added == NULL)
            return -EIO;
        *added = (uint32_t)got;
        at += (size_t)got;
    }
    image->packets = count > 1 || begins_with_packet(pipe, image);
    cleanup_fd int out = openat(dirfd, image->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    if (!image->packets)
        return write_full(out, bytes, image->queued) < 0 ? -errno : 0;
    at = 0;
    for (size_t i = 0; i < count; at += sizes[i++]) {
        if (write_full(out, &sizes[i], sizeof(sizes[i])) < 0 ||
            write_full(out, bytes + at, sizes[i]) < 0)
            return -errno;
    }
    return 0;
}

/* An end to read from. A pipe that somebody else made and handed down cannot be opened anew; then only a read end of
 * the tree's own will do, and where the tree has none, what is queued is for others to read. */
static int read_end_get(const struct seen_descriptor *seen)
{
    int fd = seen_reopen(seen, O_RDONLY | O_NONBLOCK);

    if (fd < 0 && errno == EACCES && (seen->flags & O_ACCMODE) != O_WRONLY)
        fd = seen_duplicate(seen);
    return fd;
}

static int look_into(const struct save_context *context, const struct seen_descriptor *seen,
                     int index, struct ckpt_error *err)
{
    struct image_pipe *image = &context->tree->pipes[index];
    cleanup_fd int pipe = read_end_get(seen);
    int queued = 0;

    if (pipe < 0 && errno == EACCES && (seen->flags & O_ACCMODE) == O_WRONLY)
        return 0;
    if (pipe < 0 || ioctl(pipe, FIONREAD, &queued) < 0)
        return ckpt_error_errno(err, "look into '%s'", seen->target);
    image->looked_into = true;
    image->capacity = fcntl(pipe, F_GETPIPE_SZ);
    image->queued = (uint64_t)queued;
    if (queued == 0)
        return 0;
    snprintf(image->data, sizeof(image->data), "pipe-%d.data", index);
    int error = queue_copy(pipe, image, context->dirfd);
    return error == 0 ? 0
                      : ckpt_error_set(err, -error, "copy what is in '%s': %s", seen->target,
                                       strerror(-error));
}

static int pipe_add(const struct save_context *context, const struct seen_descriptor *seen)
{
    struct image_pipe *image = tree_image_add_pipe(context->tree);

    if (image == NULL)
        return -ENOMEM;
    image->inode = seen->status.st_ino;
    return (int)context->tree->pipe_count - 1;
}

int pipe_save(const struct save_context *context, const struct seen_descriptor *seen,
              struct image_description *ret, struct ckpt_error *err)
{
    if (!S_ISFIFO(seen->status.st_mode))
        return 0;
    bool named = seen->target[0] == '/' && seen->status.st_nlink > 0;
    ret->kind = named ? DESCRIPTION_FIFO : DESCRIPTION_PIPE;
    ret->pipe = pipe_find(context->tree, seen->status.st_ino);
    if (ret->pipe < 0)
        ret->pipe = pipe_add(context, seen);
    if (ret->pipe < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    if (!context->tree->pipes[ret->pipe].looked_into) {
        int error = look_into(context, seen, ret->pipe, err);
        if (error < 0)
            return error;
    }
    if (named && (ret->path = strdup(seen->target)) == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    return 1;
}

int pipes_save(const struct save_context *context, struct ckpt_error *err)
{
    const struct tree_image *tree = context->tree;

    for (size_t i = 0; i < tree->pipe_count; i++) {
        int writer = -1, read_here = 0;
        for (size_t j = 0; j < tree->description_count; j++) {
            const struct image_description *end = &tree->descriptions[j];
            if ((end->kind != DESCRIPTION_PIPE && end->kind != DESCRIPTION_FIFO) ||
                end->pipe != (int)i)
                continue;
            read_here |= (end->flags & O_ACCMODE) != O_WRONLY;
            writer = end->kind == DESCRIPTION_PIPE ? (int)j : writer;
        }
        if (writer < 0 || read_here)
            continue;
        cleanup_fd int fd = description_duplicate(context, writer);
        struct pollfd look = {.fd = fd, .events = POLLOUT};
        if (fd < 0 || poll(&look, 1, 0) < 0)
            return ckpt_error_errno(err, "look who reads a pipe");
        tree->pipes[i].outside = (look.revents & POLLERR) == 0;
    }
    return 0;
}

/* ---- restoring ---- */

static int packets_fill(int write_end, int from, uint64_t queued)
{
    int flags = fcntl(write_end, F_GETFL);
    uint32_t size = 0;
    char packet[PIPE_BUF];

    if (fcntl(write_end, F_SETFL, flags | O_DIRECT) < 0)
        return -errno;
    for (uint64_t at = 0; at < queued; at += size) {
        if (read_full(from, &size, sizeof(size)) != sizeof(size) || size == 0 ||
            size > sizeof(packet) || read_full(from, packet, size) != size ||
            write(write_end, packet, size) != size)
            return -EIO;
    }
    return fcntl(write_end, F_SETFL, flags) < 0 ? -errno : 0;
}

static int queue_fill(int write_end, const struct image_pipe *image, int dirfd)
{
    cleanup_fd int from = openat(dirfd, image->data, O_RDONLY | O_CLOEXEC);

    if (from < 0)
        return -errno;
    if (image->packets)
        return packets_fill(write_end, from, image->queued);
    cleanup_free char *bytes = malloc(image->queued);
    if (bytes == NULL || read_full(from, bytes, image->queued) != (ssize_t)image->queued)
        return -EIO;
    return write_full(write_end, bytes, image->queued);
}

/* A descriptor for both ends, through which the ends proper can be opened. */
static int pipe_make(const struct image_description *description)
{
    if (description->kind == DESCRIPTION_FIFO)
        return open(description->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int ends[2];
    char path[64];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    int both = open(path, O_RDWR | O_CLOEXEC);
    close(ends[0]);
    close(ends[1]);
    return both;
}

static int first_of_pipe(const struct restore_context *context, int pipe)
{
    for (size_t i = 0; i < context->tree->description_count; i++) {
        const struct image_description *other = &context->tree->descriptions[i];
        if ((other->kind == DESCRIPTION_PIPE || other->kind == DESCRIPTION_FIFO) &&
            other->pipe == pipe && context->opened[i] >= 0)
            return context->opened[i];
    }
    return -1;
}

int pipe_restore(const struct restore_context *context, const struct image_description *description,
                 struct ckpt_error *err)
{
    const struct image_pipe *image = &context->tree->pipes[description->pipe];
    int sibling = first_of_pipe(context, description->pipe);
    cleanup_fd int both =
        sibling >= 0 ? fcntl(sibling, F_DUPFD_CLOEXEC, 0) : pipe_make(description);
    char path[64];

    /* Who wrote to somebody outside is not ended by SIGPIPE because nobody could be asked to come back. */
    if (image->outside && description->kind == DESCRIPTION_PIPE)
        return open("/dev/null", (description->flags & O_ACCMODE) | O_CLOEXEC);
    if (both < 0)
        return ckpt_error_errno(err, "make a pipe");
    if (sibling < 0) {
        if (image->capacity > 0 && fcntl(both, F_GETPIPE_SZ) != image->capacity &&
            fcntl(both, F_SETPIPE_SZ, image->capacity) < 0 &&
            (uint64_t)fcntl(both, F_GETPIPE_SZ) < image->queued)
            return ckpt_error_errno(err, "give a pipe %d bytes", image->capacity);
        int error = image->queued > 0 ? queue_fill(both, image, context->dirfd) : 0;
        if (error < 0)
            return ckpt_error_set(err, -error, "fill a pipe: %s", strerror(-error));
    }
    /* O_NONBLOCK for the opening only: the other end may come later. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", both);
    int flags = description->flags & (O_ACCMODE | O_NONBLOCK | O_DIRECT | O_APPEND);
    /* open(2) refuses O_DIRECT here, fcntl(2) does not. */
    int fd = open(path, (flags & ~O_DIRECT) | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_SETFL, flags) < 0)
        return ckpt_error_errno(err, "open the end of a pipe");
    return fd;
}
