/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Messages of the command line and the supervisor. Each is one write(2), so that lines of
 * several processes do not mix. Not for threads, not for the target. */
#include "common/log.h"

#include "common/clock.h"
#include "common/error.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 1024

static int log_fd = -1;
static const char *line_end = "\n"; /* of what people read */

#define READER_MS 1000

/* A warning is not worth waiting for somebody who does not read: the log and the status have it. */
static bool is_read(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, timeout_ms) != 0;
}

/* Ends the text with a newline, cut or not, and writes it. */
static void write_line(int fd, const char *prefix, const char *text)
{
    char line[LINE_SIZE];
    int length =
        snprintf(line, sizeof(line), "%s%s%s", prefix, text, fd == STDERR_FILENO ? line_end : "\n");

    if (length <= 0)
        return;
    if ((size_t)length >= sizeof(line)) {
        length = sizeof(line) - 1;
        line[length - 1] = '\n';
    }
    (void)write_full(fd, line, (size_t)length); /* nowhere left to complain */
}

static void write_log(const char *kind, const char *text)
{
    char prefix[96], now[CLOCK_TEXT_SIZE];

    if (log_fd < 0)
        return;
    clock_text(now);
    snprintf(prefix, sizeof(prefix), "%s [%d] %s", now, (int)getpid(), kind);
    write_line(log_fd, prefix, text);
}

void ckpt_log_open(const char *path)
{
    if (!path)
        path = getenv("CKPT_LOG");
    if (!path || !*path)
        return;
    if (log_fd >= 0)
        close(log_fd);
    log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (log_fd < 0)
        ckpt_warn("open log '%s': %s, ignoring", path, strerror(errno));
}

void ckpt_log_carriage(bool wanted)
{
    line_end = wanted && isatty(STDERR_FILENO) ? "\r\n" : "\n";
}

void ckpt_fail(const struct ckpt_error *err)
{
    write_line(STDERR_FILENO, "ckpt: ", err->message);
    write_log("error: ", err->message);
}

void ckpt_warn(const char *fmt, ...)
{
    char text[LINE_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (is_read(STDERR_FILENO, READER_MS))
        write_line(STDERR_FILENO, "ckpt: warning: ", text);
    write_log("warning: ", text);
}

void ckpt_info(const char *fmt, ...)
{
    char text[LINE_SIZE];
    va_list args;

    if (log_fd < 0)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    write_log("", text);
}
