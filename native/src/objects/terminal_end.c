/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors for the ends of pseudoterminals: which the tree holds, and opening them again. */
#include "objects/terminal.h"

#include "common/cleanup.h"
#include "proc/process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- saving ---- */

/* master is ours, and not any longer. */
static int master_add(const struct save_context *context, int master, enum terminal_use use)
{
    int number = -1;

    if (ioctl(master, TIOCGPTN, &number) < 0 || terminal_find_number(context->tree, number) >= 0) {
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

int terminal_masters_find(const struct save_context *context)
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
    if (fd < 0 || terminal_masters_find(context) < 0)
        return ckpt_error_errno(err, "look into the terminal '%s'", seen->target);
    ret->kind = is_master(device)    ? DESCRIPTION_TERMINAL_MASTER
                : is_dev_tty(device) ? DESCRIPTION_TTY
                                     : DESCRIPTION_TERMINAL;
    if (ret->kind != DESCRIPTION_TERMINAL_MASTER) {
        ret->terminal = slave_find(context, seen, fd);
        return ret->terminal == -ENOENT ? 0 : ret->terminal < 0 ? ret->terminal : 1;
    }
    /* One that is on its way in a message has not been found yet. */
    if (ioctl(fd, TIOCGPTN, &number) == 0 && terminal_find_number(context->tree, number) < 0)
        master_add(context, steal_fd(&fd), TERMINAL_OF_THE_TREE);
    ret->terminal = terminal_find_number(context->tree, number);
    return ret->terminal < 0
               ? ckpt_error_set(err, ENOTSUP, "the terminal '%s' cannot be looked into",
                                seen->target)
               : 1;
}

/* ---- restoring ---- */

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
