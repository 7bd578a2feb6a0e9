/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Forwarding. The copy in the store is written first: what a reader has seen is then always on record. A reader that
 * does not read keeps the tree waiting, as it would without us, but not us: nothing more is taken out of the pipe then,
 * except for a checkpoint, and what is due to the reader is in the copy until he takes it. */
#include "supervisor/output.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK 65536

/* The two watches are recovered from their place in here. */
static struct output *owner;

/* Most short tasks say nothing, and a file that is never made need not be removed. */
static void record_make(struct stream *stream)
{
    if (stream->record < 0 && stream->name != NULL)
        stream->record = openat(stream->store, stream->name,
                                O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void record(struct stream *stream, const char *bytes, size_t size)
{
    if (stream->name == NULL)
        return;
    record_make(stream);
    if (stream->record < 0 || write_full(stream->record, bytes, size) < 0) {
        ckpt_warn("cannot keep a copy of the output: %s; no more checkpoints are taken",
                  strerror(errno));
        if (stream->record >= 0)
            close(steal_fd(&stream->record));
        stream->name = NULL;
        owner->incomplete = true;
    }
}

static bool is_ready(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, 0) > 0;
}

/* Our reader has gone, or there is no room for him: the tree learns that by its own next write, but not of which. */
static void target_lost(struct stream *stream, int error)
{
    if (error < 0 && error != -EPIPE)
        ckpt_warn("cannot write the output of the task to %s: %s; it gets SIGPIPE",
                  stream->target == STDERR_FILENO ? "standard error" : "standard output",
                  strerror(-error));
    stream->target = -1;
    stream->sent = stream->bytes;
}

/* As much as the reader takes, out of the last bytes, which are at hand, or out of the copy. A pipe that is ready has room
 * for so many bytes, whoever else may write to it; it is not ours to make it one that does not wait. */
static void target_feed(struct stream *stream, const char *last, size_t size)
{
    char buffer[PIPE_BUF];

    while (stream->sent < stream->bytes && is_ready(stream->target)) {
        uint64_t left = stream->bytes - stream->sent;
        ssize_t part = left < PIPE_BUF ? (ssize_t)left : PIPE_BUF;
        const char *from = buffer;
        if (left <= size)
            from = last + (size - left);
        else
            part = pread_full(stream->record, buffer, (size_t)part, (off_t)stream->sent);
        int error = part > 0 ? write_full(stream->target, from, (size_t)part) : (int)part;
        if (part <= 0 || error < 0) {
            target_lost(stream, error);
            return;
        }
        stream->sent += (uint64_t)part;
    }
}

static void outlet_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct stream *stream = (struct stream *)((char *)watch - offsetof(struct stream, outlet));

    target_feed(stream, NULL, 0);
    if (stream->sent < stream->bytes)
        return;
    coordinator_unwatch(coordinator, watch);
    watch->fd = -1;
    if (stream->watch.fd >= 0 && coordinator_watch(coordinator, &stream->watch, NULL) < 0)
        ckpt_warn("cannot read the output of the task any longer");
}

/* Until the reader reads. */
static void stream_halt(struct stream *stream, struct coordinator *coordinator)
{
    stream->outlet = (struct watch){.fd = stream->target, .ready = outlet_ready};
    if (coordinator_watch_for(coordinator, &stream->outlet, EPOLLOUT, NULL) < 0)
        stream->outlet.fd = -1;
    else
        coordinator_unwatch(coordinator, &stream->watch);
}

static void forward(struct stream *stream, struct coordinator *coordinator, const char *bytes,
                    size_t size)
{
    record(stream, bytes, size);
    stream->bytes += size;
    if (stream->target < 0)
        return;
    if (stream->record < 0) {
        int error = write_full(stream->target, bytes, size);
        if (error < 0)
            target_lost(stream, error);
        stream->sent = stream->bytes;
        return;
    }
    if (stream->outlet.fd >= 0)
        return;
    target_feed(stream, bytes, size);
    if (stream->sent < stream->bytes)
        stream_halt(stream, coordinator);
}

static struct stream *terminal_stream(struct output *output)
{
    switch (output->use) {
    case TERMINAL_OUTPUT:
        return &output->out;
    case TERMINAL_ERROR:
        return &output->err;
    case TERMINAL_INPUT:
        return &output->echo;
    default:
        return NULL;
    }
}

/* Returns false when there is nothing more for now. */
static bool stream_move(struct stream *stream, struct coordinator *coordinator)
{
    static char buffer[CHUNK];
    ssize_t got = read(stream->watch.fd, buffer, sizeof(buffer));

    if (got > 0) {
        forward(stream, coordinator, buffer, (size_t)got);
        /* A terminal that nobody reads would keep the tree waiting. */
        if (stream->target >= 0 || stream == terminal_stream(owner))
            return true;
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    coordinator_unwatch(coordinator, &stream->watch);
    close(steal_fd(&stream->watch.fd));
    return false;
}

static void stream_ready(struct coordinator *coordinator, struct watch *watch)
{
    stream_move((struct stream *)watch, coordinator);
}

static int terminal_watch(struct output *output, struct coordinator *coordinator,
                          struct ckpt_error *err)
{
    struct stream *stream = terminal_stream(output);

    stream->watch.fd = fcntl(output->terminal, F_DUPFD_CLOEXEC, 0);
    return stream->watch.fd < 0 ? ckpt_error_errno(err, "read the terminal of the tree")
                                : coordinator_watch(coordinator, &stream->watch, err);
}

int output_terminal_attach(struct output *output, struct coordinator *coordinator, int master,
                           struct ckpt_error *err)
{
    output->terminal = master;
    if (fcntl(master, F_SETFL, O_NONBLOCK) < 0)
        return ckpt_error_errno(err, "set up the terminal of the tree");
    return terminal_watch(output, coordinator, err);
}

void output_terminal_again(struct output *output, struct coordinator *coordinator)
{
    struct pollfd poll_fd = {.fd = output->terminal};
    struct stream *stream = terminal_stream(output);

    if (stream == NULL || stream->watch.fd >= 0 || output->terminal < 0 ||
        poll(&poll_fd, 1, 0) != 0)
        return;
    if (terminal_watch(output, coordinator, NULL) < 0)
        ckpt_info("the terminal of the tree cannot be read any longer");
}

static int record_open(struct stream *stream, const struct store *store, struct ckpt_error *err)
{
    struct stat status = {0};

    stream->store = store->dirfd;
    stream->record = openat(store->dirfd, stream->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (stream->record < 0 ? errno != ENOENT : fstat(stream->record, &status) < 0)
        return ckpt_error_errno(err, "open '%s/%s'", store->path, stream->name);
    if ((uint64_t)status.st_size < stream->bytes)
        return ckpt_error_set(err, EBADMSG, "'%s/%s' has %lld bytes, at the checkpoint it had %llu",
                              store->path, stream->name, (long long)status.st_size,
                              (unsigned long long)stream->bytes);
    return 0;
}

static int stream_open(struct stream *stream, struct coordinator *coordinator, int target,
                       const char *name, uint64_t bytes, struct ckpt_error *err)
{
    int ends[2], error;
    struct stat status;

    *stream = (struct stream){.watch = {.fd = -1, .ready = stream_ready},
                              .outlet.fd = -1,
                              .write_end = -1,
                              .target = fcntl(target, F_GETFD) < 0 ? -1 : target,
                              .name = name,
                              .bytes = bytes,
                              .sent = bytes};
    error = record_open(stream, coordinator->store, err);
    if (error < 0 || stream == terminal_stream(owner))
        return error;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return ckpt_error_errno(err, "make a pipe for the output");
    stream->watch.fd = ends[0];
    stream->write_end = ends[1];
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 || fstat(ends[0], &status) < 0)
        return ckpt_error_errno(err, "set up a pipe for the output");
    stream->inode = status.st_ino;
    return coordinator_watch(coordinator, &stream->watch, err);
}

/* Not where it has that length: the filesystem writes what has been cut to the disk when it is closed. */
static int stream_cut(const struct stream *stream, struct ckpt_error *err)
{
    if (stream->record < 0)
        return 0;
    off_t end = lseek(stream->record, 0, SEEK_END);
    if (end < 0 ||
        (end != (off_t)stream->bytes && (ftruncate(stream->record, (off_t)stream->bytes) < 0 ||
                                         lseek(stream->record, 0, SEEK_END) < 0)))
        return ckpt_error_errno(err, "cut back the copy of the output");
    return 0;
}

int output_cut(struct output *output, struct ckpt_error *err)
{
    int error = stream_cut(&output->out, err);

    return error < 0 ? error : stream_cut(&output->err, err);
}

static bool is_one_and_the_same(int a, int b)
{
    return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b) == 0;
}

int output_open(struct output *output, struct coordinator *coordinator, uint64_t out_bytes,
                uint64_t err_bytes, struct ckpt_error *err)
{
    owner = output;
    output->out.watch.fd = output->err.watch.fd = -1;
    output->out.outlet.fd = output->err.outlet.fd = -1;
    output->out.write_end = output->err.write_end = -1;
    output->out.record = output->err.record = -1;
    output->echo = (struct stream){.watch = {.fd = -1, .ready = stream_ready},
                                   .outlet.fd = -1,
                                   .write_end = -1,
                                   .target = STDIN_FILENO,
                                   .record = -1};
    output->joined =
        output->use == TERMINAL_OF_THE_TREE && is_one_and_the_same(STDOUT_FILENO, STDERR_FILENO);
    int error = stream_open(&output->out, coordinator, STDOUT_FILENO, "stdout", out_bytes, err);
    if (error == 0 && !output->joined)
        error = stream_open(&output->err, coordinator, STDERR_FILENO, "stderr", err_bytes, err);
    if (error == 0 && output->terminal >= 0)
        error = terminal_watch(output, coordinator, err);
    return error;
}

int output_error_end(const struct output *output)
{
    return output->joined ? output->out.write_end : output->err.write_end;
}

void output_handed_over(struct output *output)
{
    if (output->out.write_end >= 0)
        close(steal_fd(&output->out.write_end));
    if (output->err.write_end >= 0)
        close(steal_fd(&output->err.write_end));
}

static int stream_replay(struct stream *stream, struct ckpt_error *err)
{
    char buffer[CHUNK];
    off_t at = 0;

    while (stream->record >= 0 && stream->target >= 0 && (uint64_t)at < stream->bytes) {
        ssize_t got = pread_full(stream->record, buffer, sizeof(buffer), at);
        if (got <= 0 || write_full(stream->target, buffer, (size_t)got) < 0)
            return ckpt_error_errno(err, "replay the output of the earlier attempts");
        at += got;
    }
    return 0;
}

int output_replay(struct output *output, struct ckpt_error *err)
{
    int error = stream_replay(&output->out, err);

    return error < 0 || output->joined ? error : stream_replay(&output->err, err);
}

void output_drain(struct output *output, struct coordinator *coordinator)
{
    while (output->out.watch.fd >= 0 && stream_move(&output->out, coordinator))
        ;
    while (output->err.watch.fd >= 0 && stream_move(&output->err, coordinator))
        ;
    while (output->echo.watch.fd >= 0 && stream_move(&output->echo, coordinator))
        ;
}

static bool is_due(const struct stream *stream)
{
    return stream->outlet.fd >= 0;
}

bool output_is_due(const struct output *output)
{
    return is_due(&output->out) || is_due(&output->err);
}

bool output_ended(const struct output *output)
{
    return output->out.watch.fd < 0 && output->err.watch.fd < 0 && output->echo.watch.fd < 0;
}

void output_close(struct output *output)
{
    output_handed_over(output);
    if (output->terminal >= 0)
        close(steal_fd(&output->terminal));
    output->use = TERMINAL_OF_THE_TREE;
    for (int i = 0; i < 3; i++) {
        struct stream *stream = i == 0 ? &output->out : i == 1 ? &output->err : &output->echo;
        if (stream->watch.fd >= 0)
            close(steal_fd(&stream->watch.fd));
        if (stream->record >= 0)
            close(steal_fd(&stream->record));
    }
}
