/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A pseudoterminal whose master the tree holds, or the supervisor for the tree: settings, size, modes, number. After a
 * restart it has its number again, since the capsule has a /dev/pts of its own, where numbers are given in order.
 * A terminal of somebody outside is a standard stream (standard_stream.c). */
#include "objects/terminal.h"

#include "common/cleanup.h"
#include "objects/socket_name.h"
#include "proc/process_tree.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLAVE_FLAGS (O_ACCMODE | O_NONBLOCK | O_APPEND | O_NOATIME)

static bool is_master(dev_t device)
{
    return device == makedev(TERMINAL_MASTER_MAJOR, TERMINAL_MASTER_MINOR);
}

static bool is_dev_tty(dev_t device)
{
    return device == makedev(TERMINAL_MASTER_MAJOR, 0);
}

int terminal_find(const struct tree_image *tree, dev_t device)
{
    for (size_t i = 0; i < tree->terminal_count && major(device) == TERMINAL_SLAVE_MAJOR; i++) {
        if (tree->terminals[i].number == (int)minor(device))
            return (int)i;
    }
    return -1;
}

static int number_find(const struct tree_image *tree, int number)
{
    return terminal_find(tree, makedev(TERMINAL_SLAVE_MAJOR, (unsigned)number));
}

/* ---- saving: who holds which end ---- */

/* master is ours, and not any longer. */
static int master_add(const struct save_context *context, int master, enum terminal_use use)
{
    int number = -1;

    if (ioctl(master, TIOCGPTN, &number) < 0 || number_find(context->tree, number) >= 0) {
        close(master);
        return number;
    }
    if (descriptor_keep(context, master) < 0)
        return -ENOMEM;
    struct image_terminal *terminal = tree_image_add_terminal(context->tree);
    if (terminal == NULL)
        return -ENOMEM;
    terminal->number = number;
    terminal->use = use;
    terminal->master = master;
    return number;
}

static int masters_of_process_add(const struct save_context *context, pid_t outer)
{
    char path[64];
    struct dirent *entry;
    struct seen_descriptor seen = {.outer = outer};
    int error = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)outer);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && error >= 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &seen.status, 0) < 0 ||
            !S_ISCHR(seen.status.st_mode) || !is_master(seen.status.st_rdev))
            continue;
        seen.fd = atoi(entry->d_name);
        int fd = seen_duplicate(&seen);
        error = fd < 0 ? 0 : master_add(context, fd, TERMINAL_OF_THE_TREE);
    }
    return error < 0 ? error : 0;
}

/* A slave may be seen before its master: at the first descriptor of a terminal all masters are looked for. */
static int masters_add(const struct save_context *context)
{
    int error = 0;

    if (context->tree->terminals_known)
        return 0;
    context->tree->terminals_known = true;
    if (context->terminal >= 0)
        error = master_add(context, fcntl(context->terminal, F_DUPFD_CLOEXEC, 0),
                           context->terminal_use);
    for (size_t i = 0; error >= 0 && i < context->processes->count; i++)
        error = masters_of_process_add(context, context->processes->processes[i].outer);
    return error < 0 ? error : 0;
}

/* The master of its terminal has been closed: all that is left is a name. */
static int hung_up_add(const struct save_context *context, dev_t device)
{
    struct image_terminal *terminal = tree_image_add_terminal(context->tree);

    if (terminal == NULL)
        return -ENOMEM;
    terminal->number = (int)minor(device);
    terminal->hung_up = true;
    return (int)context->tree->terminal_count - 1;
}

/* The index of the terminal behind a descriptor for a slave; -ENOENT: it is somebody else's. duplicate is kept where
 * it can serve to look into the terminal. */
static int slave_find(const struct save_context *context, const struct seen_descriptor *seen,
                      int duplicate)
{
    unsigned code = 0;
    bool alive = ioctl(duplicate, TIOCGDEV, &code) == 0;
    dev_t device = alive ? makedev((code >> 8) & 0xfff, (code & 0xff) | ((code >> 12) & 0xfff00))
                         : seen->status.st_rdev;
    int index = terminal_find(context->tree, device);

    if (index < 0 && !alive && errno == EIO && major(device) == TERMINAL_SLAVE_MAJOR)
        index = hung_up_add(context, device);
    if (index < 0)
        return index == -ENOMEM ? index : -ENOENT;
    struct image_terminal *terminal = &context->tree->terminals[index];
    terminal->slave = TERMINAL_SLAVE_OPEN;
    if (major(seen->status.st_rdev) == TERMINAL_SLAVE_MAJOR)
        terminal->mode = seen->status.st_mode & 07777;
    if (alive && terminal->opened < 0 && (seen->flags & O_ACCMODE) == O_RDWR)
        terminal->opened = fcntl(duplicate, F_DUPFD_CLOEXEC, 0);
    return index;
}

int terminal_save(const struct save_context *context, const struct seen_descriptor *seen,
                  struct image_description *ret, struct ckpt_error *err)
{
    dev_t device = seen->status.st_rdev;
    int number = 0;

    if (!S_ISCHR(seen->status.st_mode) ||
        !(is_master(device) || is_dev_tty(device) || major(device) == TERMINAL_SLAVE_MAJOR))
        return 0;
    cleanup_fd int fd = seen_duplicate(seen);
    if (fd < 0 || masters_add(context) < 0)
        return ckpt_error_errno(err, "look into the terminal '%s'", seen->target);
    ret->kind = is_master(device)    ? DESCRIPTION_TERMINAL_MASTER
                : is_dev_tty(device) ? DESCRIPTION_TTY
                                     : DESCRIPTION_TERMINAL;
    if (ret->kind != DESCRIPTION_TERMINAL_MASTER) {
        ret->terminal = slave_find(context, seen, fd);
        return ret->terminal == -ENOENT ? 0 : ret->terminal < 0 ? ret->terminal : 1;
    }
    /* One that is on its way in a message has not been found yet. */
    if (ioctl(fd, TIOCGPTN, &number) == 0 && number_find(context->tree, number) < 0)
        master_add(context, steal_fd(&fd), TERMINAL_OF_THE_TREE);
    ret->terminal = number_find(context->tree, number);
    return ret->terminal < 0
               ? ckpt_error_set(err, ENOTSUP, "the terminal '%s' cannot be looked into",
                                seen->target)
               : 1;
}

/* ---- saving: the terminal itself ---- */

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
    int error = masters_add(context);

    if (error < 0)
        return ckpt_error_set(err, -error, "look for terminals: %s", strerror(-error));
    for (size_t i = 0; error == 0 && i < context->tree->terminal_count; i++)
        error = pair_save(context, (int)i, err);
    return error < 0 ? error : terminals_control_save(context, err);
}

/* ---- restoring: the pair ---- */

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
        int index = number_find(tree, number);
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

/* ---- restoring: descriptors ---- */

/* In a child that shares our descriptors: a session controlled by the terminal, in which /dev/tty is the terminal. */
static int tty_open(int slave, int flags)
{
    int place = open("/dev/null", O_RDONLY | O_CLOEXEC), status = 1;
    pid_t pid = place < 0 ? -1 : (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

    if (pid == 0) {
        int fd = setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ? -1 : open("/dev/tty", flags);
        _exit(fd < 0 || dup3(fd, place, O_CLOEXEC) < 0 || close(fd) < 0 ? 1 : 0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        close(place);
        errno = ENXIO;
        return -1;
    }
    return place;
}

int terminal_restore(const struct restore_context *context,
                     const struct image_description *description, struct ckpt_error *err)
{
    const struct terminal_ends *ends = &context->terminals[description->terminal];
    int number = context->tree->terminals[description->terminal].number;
    int flags = (description->flags & SLAVE_FLAGS) | O_NOCTTY | O_CLOEXEC, fd;
    char path[32];

    snprintf(path, sizeof(path), "/dev/pts/%d", number);
    if (description->kind == DESCRIPTION_TERMINAL_MASTER) {
        fd = fcntl(ends->master, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0 && fcntl(fd, F_SETFL, description->flags & O_NONBLOCK) < 0)
            close(steal_fd(&fd));
    } else {
        fd =
            description->kind == DESCRIPTION_TTY ? tty_open(ends->slave, flags) : open(path, flags);
    }
    return fd < 0 ? ckpt_error_errno(err, "open the terminal '%s'", path) : fd;
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
