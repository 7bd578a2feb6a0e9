/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A pseudoterminal whose master the tree holds, or the supervisor for the tree: settings, size, modes, number. After a
 * restart it has its number again, since the capsule has a /dev/pts of its own, where numbers are given in order.
 * A terminal of somebody outside is a standard stream (standard_stream.c). */
#include "objects/terminal.h"

#include "common/cleanup.h"
#include "objects/socket_name.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int terminal_find(const struct tree_image *tree, dev_t device)
{
    return major(device) == TERMINAL_SLAVE_MAJOR ? terminal_find_number(tree, (int)minor(device))
                                                 : -1;
}

int terminal_find_number(const struct tree_image *tree, int number)
{
    for (size_t i = 0; i < tree->terminal_count; i++) {
        if (tree->terminals[i].number == number)
            return (int)i;
    }
    return -1;
}

/* ---- saving ---- */

static bool flag_of(int fd, unsigned long request)
{
    int value = 0;

    return ioctl(fd, request, &value) == 0 && value != 0;
}

static int settings_save(struct image_terminal *terminal)
{
    struct termios2 settings;
    struct winsize size;

    if (ioctl(terminal->master, TCGETS2, &settings) < 0 ||
        ioctl(terminal->master, TIOCGWINSZ, &size) < 0)
        return -errno;
    hex_write(&settings, sizeof(settings), terminal->settings);
    terminal->rows = size.ws_row;
    terminal->columns = size.ws_col;
    terminal->width = size.ws_xpixel;
    terminal->height = size.ws_ypixel;
    terminal->locked = flag_of(terminal->master, TIOCGPTLCK);
    terminal->packet = flag_of(terminal->master, TIOCGPKT);
    return 0;
}

/* Opens it for a moment when it is closed everywhere; one that nobody has opened yet would not be new afterwards. */
static int slave_look(struct image_terminal *terminal)
{
    struct pollfd poll_fd = {.fd = terminal->master};

    if (terminal->slave != TERMINAL_SLAVE_OPEN && poll(&poll_fd, 1, 0) == 1 &&
        (poll_fd.revents & POLLHUP) != 0)
        terminal->slave = TERMINAL_SLAVE_CLOSED;
    if (terminal->slave != TERMINAL_SLAVE_NEW && terminal->opened < 0)
        terminal->opened = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return terminal->slave != TERMINAL_SLAVE_NEW && terminal->opened < 0 ? -errno : 0;
}

static int pair_save(const struct save_context *context, int index, struct ckpt_error *err)
{
    struct image_terminal *terminal = &context->tree->terminals[index];
    int discipline = 0, error = 0;

    if (!terminal->hung_up)
        error = settings_save(terminal);
    if (error == 0 && !terminal->hung_up)
        error = slave_look(terminal);
    if (error == 0 && terminal->opened >= 0) {
        terminal->exclusive = flag_of(terminal->opened, TIOCGEXCL);
        if (ioctl(terminal->opened, TIOCGETD, &discipline) == 0 && discipline != 0)
            error = -ENOTSUP;
        else
            error = terminal_queue_save(terminal, context->dirfd, index,
                                        terminal->use != TERMINAL_OF_THE_TREE);
        close(terminal->opened);
        terminal->opened = -1;
    }
    if (error == 0 && terminal->number >= TERMINAL_NUMBER_MAX)
        error = -ERANGE;
    return error == 0 ? 0
                      : ckpt_error_set(err, -error, "look into the terminal /dev/pts/%d: %s",
                                       terminal->number, strerror(-error));
}

int terminals_save(const struct save_context *context, struct ckpt_error *err)
{
    int error = terminal_masters_find(context);

    if (error < 0)
        return ckpt_error_set(err, -error, "look for terminals: %s", strerror(-error));
    for (size_t i = 0; error == 0 && i < context->tree->terminal_count; i++)
        error = pair_save(context, (int)i, err);
    return error < 0 ? error : terminals_control_save(context, err);
}

/* ---- restoring ---- */

static int pair_make(const struct image_terminal *terminal, struct terminal_ends *ends)
{
    struct termios2 settings;
    int off = 0;
    struct winsize size = {.ws_row = (unsigned short)terminal->rows,
                           .ws_col = (unsigned short)terminal->columns,
                           .ws_xpixel = (unsigned short)terminal->width,
                           .ws_ypixel = (unsigned short)terminal->height};

    if (terminal->slave != TERMINAL_SLAVE_NEW) {
        char path[32];
        if (ioctl(ends->master, TIOCSPTLCK, &off) < 0)
            return -errno;
        snprintf(path, sizeof(path), "/dev/pts/%d", terminal->number);
        ends->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (ends->slave < 0 || (terminal->mode != 0 && fchmod(ends->slave, terminal->mode) < 0))
            return -errno;
    }
    if (terminal->hung_up)
        return 0;
    if (hex_read(terminal->settings, &settings, sizeof(settings)) != sizeof(settings))
        return -EBADMSG;
    return ioctl(ends->master, TCSETS2, &settings) < 0 || ioctl(ends->master, TIOCSWINSZ, &size) < 0
               ? -errno
               : 0;
}

static int highest_number(const struct tree_image *tree)
{
    int highest = -1;

    for (size_t i = 0; i < tree->terminal_count; i++) {
        if (tree->terminals[i].number > highest)
            highest = tree->terminals[i].number;
    }
    return highest;
}

/* The kernel gives the lowest number that is free: those in between are given back at the end. */
static int numbers_take(const struct tree_image *tree, struct terminal_ends *ends, int *fillers,
                        int count)
{
    for (int i = 0; i < count; i++) {
        int number = -1, fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || ioctl(fd, TIOCGPTN, &number) < 0)
            return -errno;
        int index = terminal_find_number(tree, number);
        if (index < 0)
            fillers[i] = fd;
        else
            ends[index].master = fd;
        if (number != i)
            return -EEXIST;
    }
    return 0;
}

int terminals_make(const struct tree_image *tree, struct terminal_ends *ends,
                   struct ckpt_error *err)
{
    int count = highest_number(tree) + 1;
    cleanup_free int *fillers = malloc(((size_t)count + 1) * sizeof(int));

    for (size_t i = 0; i < tree->terminal_count; i++)
        ends[i] = (struct terminal_ends){.master = -1, .slave = -1};
    if (fillers == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    for (int i = 0; i < count; i++)
        fillers[i] = -1;
    int error = numbers_take(tree, ends, fillers, count);
    for (size_t i = 0; error == 0 && i < tree->terminal_count; i++)
        error = pair_make(&tree->terminals[i], &ends[i]);
    for (int i = 0; i < count; i++) {
        if (fillers[i] >= 0)
            close(fillers[i]);
    }
    return error == 0 ? 0
                      : ckpt_error_set(err, -error, "make the terminals of the tree: %s",
                                       strerror(-error));
}

static int pair_settle(const struct restore_context *context, size_t index)
{
    const struct image_terminal *terminal = &context->tree->terminals[index];
    struct terminal_ends *ends = &context->terminals[index];
    int packet = terminal->packet, locked = terminal->locked, error = 0;

    if (terminal->hung_up) {
        close(steal_fd(&ends->master));
        return 0;
    }
    if (ends->slave >= 0)
        error = terminal_queue_fill(terminal, ends, context->dirfd);
    else if (ioctl(ends->master, TIOCPKT, &packet) < 0)
        error = -errno;
    if (error == 0 && terminal->exclusive && ioctl(ends->slave, TIOCEXCL) < 0)
        error = -errno;
    if (error == 0 && ioctl(ends->master, TIOCSPTLCK, &locked) < 0)
        error = -errno;
    return error;
}

int terminals_settle(const struct restore_context *context, struct ckpt_error *err)
{
    for (size_t i = 0; i < context->tree->terminal_count; i++) {
        int error = pair_settle(context, i);
        if (error < 0)
            return ckpt_error_set(err, -error, "set up the terminal /dev/pts/%d: %s",
                                  context->tree->terminals[i].number, strerror(-error));
    }
    return 0;
}
