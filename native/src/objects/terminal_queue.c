/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What is queued in a terminal cannot be looked at, only read; so it is read while nobody else runs, and put back.
 *
 *      master  -- input: typed -->  line discipline  -->  slave
 *      master  <-- output: printed, echoed --  line discipline  --  slave
 *
 * Output is put back by writing to the slave without any processing. Input has been through the line discipline once:
 * it is a row of chunks as the reader of the slave will get them, and goes through again under settings that let all
 * bytes pass but an end of file and the flow control characters. These show, in packet mode, that all before them has
 * been dealt with: the kernel does so in its own time. None of the three is one of the bytes, and the pieces are small
 * enough for that to be possible. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/io.h"
#include "objects/socket_name.h"
#include "objects/terminal.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define PIECE       128
#define INPUT_MAX   4000 /* less than the line discipline takes before somebody reads */
#define QUEUE_LIMIT (1 << 20)
#define SETTLE_MS   1000

enum chunk_kind {
    CHUNK_LINE = 'L', /* with its newline, or what else ended it */
    CHUNK_END = 'E',  /* ended by the end-of-file character, which is not in it */
    CHUNK_OPEN = 'O', /* not ended, or not made of lines */
};

struct chunk {
    uint32_t kind, size;
};

struct bytes {
    char *data;
    size_t size;
};

static int bytes_add(struct bytes *bytes, const void *data, size_t size)
{
    char *grown = realloc(bytes->data, bytes->size + size + 1);

    if (grown == NULL)
        return -ENOMEM;
    memcpy(grown + bytes->size, data, size);
    bytes->data = grown;
    bytes->size += size;
    return 0;
}

static int chunk_add(struct bytes *input, enum chunk_kind kind, const void *data, size_t size)
{
    struct chunk chunk = {.kind = kind, .size = (uint32_t)size};
    int error = bytes_add(input, &chunk, sizeof(chunk));

    return error < 0 ? error : bytes_add(input, data, size);
}

static short events_of(int fd, short events, int timeout)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};

    return poll(&poll_fd, 1, timeout) == 1 ? poll_fd.revents : 0;
}

/* ---- reading ---- */

/* Polling makes the kernel hand over what is on its way, and reading what is there never waits. */
static int output_take(int master, struct bytes *output)
{
    static char buffer[1 << 16];
    int error = 0;

    while (error == 0 && (events_of(master, POLLIN, 0) & POLLIN) != 0) {
        ssize_t got = read(master, buffer, sizeof(buffer));
        if (got <= 0)
            break;
        error = bytes_add(output, buffer, (size_t)got);
    }
    return error;
}

static enum chunk_kind chunk_kind(const struct termios2 *settings, const char *data, size_t size)
{
    unsigned char last = size > 0 ? (unsigned char)data[size - 1] : 0;
    bool ended = last == '\n' ||
                 (last != 0 && (last == settings->c_cc[VEOL] || last == settings->c_cc[VEOL2]));

    return ended ? CHUNK_LINE : CHUNK_END;
}

static int lines_take(int slave, const struct termios2 *settings, struct bytes *input)
{
    char buffer[4096];
    int error = 0;

    while (error == 0 && (events_of(slave, POLLIN, 0) & POLLIN) != 0) {
        ssize_t got = read(slave, buffer, sizeof(buffer));
        if (got < 0)
            break;
        error = chunk_add(input, chunk_kind(settings, buffer, (size_t)got), buffer, (size_t)got);
    }
    return error;
}

static int rest_take(int master, int slave, const struct termios2 *settings, struct bytes *input)
{
    struct termios2 raw = *settings;
    char buffer[4096];
    ssize_t got = 0;
    int error = 0;

    raw.c_lflag &= ~(unsigned)ICANON;
    raw.c_cc[VMIN] = raw.c_cc[VTIME] = 0;
    if (ioctl(master, TCSETS2, &raw) < 0)
        return -errno;
    while (error == 0 && (got = read(slave, buffer, sizeof(buffer))) > 0)
        error = chunk_add(input, CHUNK_OPEN, buffer, (size_t)got);
    return ioctl(master, TCSETS2, settings) < 0 ? -errno : error;
}

static int input_take(int master, int slave, const struct termios2 *settings, struct bytes *input)
{
    int error = (settings->c_lflag & ICANON) != 0 ? lines_take(slave, settings, input) : 0;

    return error < 0 ? error : rest_take(master, slave, settings, input);
}

/* ---- putting back ---- */

struct filler {
    int master;
    const struct termios2 *settings; /* those that hold afterwards */
    unsigned char end, stop, start;
};

/* A byte that is neither in the piece nor means anything, other than those in taken. */
static unsigned char byte_find(const char *data, size_t size, const unsigned char taken[4])
{
    unsigned char byte = 1;

    while (byte == '\n' || memchr(taken, byte, 4) != NULL || memchr(data, byte, size) != NULL)
        byte++;
    return byte;
}

static int filler_set(struct filler *filler, const char *data, size_t size)
{
    struct termios2 passing = *filler->settings;
    bool lines = (passing.c_lflag & ICANON) != 0;
    unsigned char taken[4] = {passing.c_cc[VEOL], passing.c_cc[VEOL2]};
    int off = 0, on = 1;

    filler->end = taken[2] = byte_find(data, size, taken);
    filler->stop = taken[3] = byte_find(data, size, taken);
    filler->start = byte_find(data, size, taken);
    passing.c_iflag = IXON;
    passing.c_oflag = 0;
    passing.c_lflag = lines ? ICANON | IEXTEN : 0;
    memset(passing.c_cc, 0, sizeof(passing.c_cc));
    passing.c_cc[VMIN] = 1;
    if (lines) {
        passing.c_cc[VEOF] = filler->end;
        passing.c_cc[VEOL] = taken[0];
        passing.c_cc[VEOL2] = taken[1];
    }
    passing.c_cc[VSTOP] = filler->stop;
    passing.c_cc[VSTART] = filler->start;
    /* Packet mode would report the change. */
    if (ioctl(filler->master, TIOCPKT, &off) < 0 || ioctl(filler->master, TCSETS2, &passing) < 0 ||
        ioctl(filler->master, TIOCPKT, &on) < 0)
        return -errno;
    return 0;
}

/* Sends a flow control character and waits until it has come through. */
static int control_send(const struct filler *filler, unsigned char byte)
{
    uint64_t deadline = clock_monotonic_ms() + SETTLE_MS;
    short events;
    char status;

    if (write(filler->master, &byte, 1) != 1)
        return -EIO;
    /* The kernel wakes only those up who wait for POLLIN, which comes for output as well. */
    while (((events = events_of(filler->master, POLLIN | POLLPRI, SETTLE_MS)) & POLLPRI) == 0) {
        if (clock_monotonic_ms() > deadline)
            return -ETIMEDOUT;
        if ((events & POLLIN) != 0)
            poll(NULL, 0, 1);
    }
    return read(filler->master, &status, 1) == 1 ? 0 : -EIO;
}

static int piece_put(struct filler *filler, const char *data, size_t size, bool ended)
{
    int error = filler_set(filler, data, size);

    if (error == 0 && size > 0)
        error = write_full(filler->master, data, size);
    if (error == 0 && ended)
        error = write_full(filler->master, &filler->end, 1);
    if (error == 0)
        error = control_send(filler, filler->stop);
    return error == 0 ? control_send(filler, filler->start) : error;
}

static int chunk_put(struct filler *filler, enum chunk_kind kind, const char *data, size_t size)
{
    size_t at = 0;
    int error;

    do {
        size_t piece = size - at < PIECE ? size - at : PIECE;
        error = piece_put(filler, data + at, piece, kind == CHUNK_END && at + piece == size);
        at += piece;
    } while (error == 0 && at < size);
    return error;
}

/* More than the line discipline takes had not been through it when we read it, and will be after a reader came. */
static int late_put(int master, const struct bytes *late)
{
    return late->size == 0 ? 0 : write_full(master, late->data, late->size);
}

/* The chunks come from a generation, so nothing is taken for granted. */
static int input_put(int master, const struct termios2 *settings, const struct bytes *input)
{
    struct filler filler = {.master = master, .settings = settings};
    struct bytes late = {0};
    size_t done = 0;
    int error = 0, off = 0;
    struct chunk chunk;

    for (size_t at = 0; error == 0 && at < input->size; at += sizeof(chunk) + chunk.size) {
        if (input->size - at < sizeof(chunk))
            return -EBADMSG;
        memcpy(&chunk, input->data + at, sizeof(chunk));
        if (chunk.size > input->size - at - sizeof(chunk))
            return -EBADMSG;
        const char *data = input->data + at + sizeof(chunk);
        done += chunk.size + 1;
        error = done > INPUT_MAX || (settings->c_lflag & EXTPROC) != 0
                    ? bytes_add(&late, data, chunk.size)
                    : chunk_put(&filler, (enum chunk_kind)chunk.kind, data, chunk.size);
    }
    if (ioctl(master, TIOCPKT, &off) < 0 || ioctl(master, TCSETS2, settings) < 0)
        error = error < 0 ? error : -errno;
    if (error == 0)
        error = late_put(master, &late);
    free(late.data);
    return error;
}

static int output_put(int master, int slave, const struct termios2 *settings,
                      const struct bytes *output)
{
    struct termios2 plain = *settings;

    if (output->size == 0)
        return 0;
    plain.c_oflag = 0;
    if (ioctl(master, TCSETS2, &plain) < 0)
        return -errno;
    int error = write_full(slave, output->data, output->size);
    return ioctl(master, TCSETS2, settings) < 0 ? -errno : error;
}

/* Typed Ctrl-S: nothing is written until somebody types something else. */
static int output_stop(int master, const struct termios2 *settings, bool stop)
{
    struct filler filler = {.master = master, .settings = settings};
    int off = 0, error = filler_set(&filler, "", 0);

    if (error == 0)
        error = control_send(&filler, stop ? filler.stop : filler.start);
    if (ioctl(master, TIOCPKT, &off) < 0 || ioctl(master, TCSETS2, settings) < 0)
        return error < 0 ? error : -errno;
    return error;
}

static int queues_put(const struct image_terminal *terminal, const struct terminal_ends *ends,
                      const struct bytes *input, const struct bytes *output)
{
    struct termios2 settings;
    int packet = terminal->packet, error = 0;

    if (hex_read(terminal->settings, &settings, sizeof(settings)) != sizeof(settings))
        return -EBADMSG;
    if (input->size > 0)
        error = input_put(ends->master, &settings, input);
    if (error == 0 && output->size > 0)
        error = output_put(ends->master, ends->slave, &settings, output);
    if (error == 0 && terminal->stopped)
        error = output_stop(ends->master, &settings, true);
    if (ioctl(ends->master, TIOCPKT, &packet) < 0)
        return error < 0 ? error : -errno;
    return error;
}

/* ---- the two halves ---- */

static int bytes_keep(const struct bytes *bytes, int dirfd, const char *which, int index,
                      char name[IMAGE_NAME_SIZE])
{
    if (bytes->size == 0)
        return 0;
    snprintf(name, IMAGE_NAME_SIZE, "terminal-%d-%s.data", index, which);
    cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : write_full(fd, bytes->data, bytes->size);
}

static int queues_take(struct image_terminal *terminal, const struct termios2 *settings,
                       bool input_only, struct bytes *input, struct bytes *output)
{
    int off = 0;
    int error = ioctl(terminal->master, TIOCPKT, &off) < 0 ? -errno : 0;

    if (error == 0 && !input_only)
        error = output_take(terminal->master, output);
    /* With nothing in the way, nothing but Ctrl-S keeps writers out. */
    terminal->stopped = (events_of(terminal->opened, POLLOUT, 0) & POLLOUT) == 0;
    if (error == 0)
        error = input_take(terminal->master, terminal->opened, settings, input);
    /* Input that had to wait has been echoed meanwhile. */
    if (error == 0 && !input_only)
        error = output_take(terminal->master, output);
    return error;
}

/* Nobody notices, as long as everything goes back. */
static int queues_return(const struct image_terminal *terminal, const struct termios2 *settings,
                         const struct bytes *input, const struct bytes *output)
{
    struct terminal_ends ends = {.master = terminal->master, .slave = terminal->opened};
    int packet = terminal->packet, error = 0;

    if (input->size == 0 && output->size == 0)
        return ioctl(ends.master, TIOCPKT, &packet) < 0 ? -errno : 0;
    if (terminal->stopped)
        error = output_stop(ends.master, settings, false);
    int put = queues_put(terminal, &ends, input, output);
    return error < 0 ? error : put;
}

int terminal_queue_save(struct image_terminal *terminal, int dirfd, int index, bool input_only)
{
    struct bytes input = {0}, output = {0};
    struct termios2 settings;

    if (hex_read(terminal->settings, &settings, sizeof(settings)) != sizeof(settings))
        return -EBADMSG;
    int error = queues_take(terminal, &settings, input_only, &input, &output);
    int returned = queues_return(terminal, &settings, &input, &output);
    if (error == 0)
        error = returned;
    if (error == 0)
        error = bytes_keep(&input, dirfd, "in", index, terminal->input);
    if (error == 0)
        error = bytes_keep(&output, dirfd, "out", index, terminal->output);
    free(input.data);
    free(output.data);
    return error;
}

static int bytes_read(int dirfd, const char *name, struct bytes *ret)
{
    return name[0] == 0 ? 0 : read_file_at(dirfd, name, QUEUE_LIMIT, &ret->data, &ret->size);
}

int terminal_queue_fill(const struct image_terminal *terminal, const struct terminal_ends *ends,
                        int dirfd)
{
    struct bytes input = {0}, output = {0};
    int error = bytes_read(dirfd, terminal->input, &input);

    if (error == 0)
        error = bytes_read(dirfd, terminal->output, &output);
    if (error == 0)
        error = queues_put(terminal, ends, &input, &output);
    free(input.data);
    free(output.data);
    return error;
}
