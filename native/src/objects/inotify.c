/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * inotify: the watched inodes, whose paths have to be found (inode_path.c), under the numbers they had. Events that
 * nobody has read cannot be put back, nor can a program be told of them otherwise: while there are some, there is no
 * checkpoint, but a moment later (attempt.c) they mostly have been read. */
#include "objects/inode_path.h"
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define KERNEL_MINOR_BITS 20
#define NUMBER_MAX        1000000 /* of a watch: the numbers before it are passed one by one */

static int watch_save(const struct save_context *context, const struct seen_descriptor *seen,
                      const char *line, struct image_description *ret, struct ckpt_error *err)
{
    unsigned long long inode, device;
    unsigned mask;
    int number;

    if (sscanf(line, "inotify wd:%x ino:%llx sdev:%llx mask:%x", (unsigned *)&number, &inode,
               &device, &mask) != 4)
        return ckpt_error_set(err, EBADMSG, "cannot read what an inotify descriptor watches");
    struct image_watch *watch = image_description_add_watch(ret);
    if (watch == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    *watch = (struct image_watch){.fd = number, .events = mask};
    dev_t wanted = makedev((unsigned)(device >> KERNEL_MINOR_BITS),
                           (unsigned)(device & ((1U << KERNEL_MINOR_BITS) - 1)));
    watch->path = inode_path_find(context->tree, seen->outer, wanted, inode);
    if (watch->path == NULL || number > NUMBER_MAX)
        return ckpt_error_set(err, ENOTSUP,
                              "an inotify descriptor watches a file whose path cannot be found");
    return 0;
}

static int by_number(const void *left, const void *right)
{
    return ((const struct image_watch *)left)->fd - ((const struct image_watch *)right)->fd;
}

int inotify_save(const struct save_context *context, const struct seen_descriptor *seen,
                 struct image_description *ret, struct ckpt_error *err)
{
    int unread = 0, error = 0;

    if (strcmp(seen->target, "anon_inode:inotify") != 0 &&
        strcmp(seen->target, "anon_inode:[inotify]") != 0)
        return 0;
    int fd = seen_duplicate(seen);
    if (fd >= 0 && ioctl(fd, FIONREAD, &unread) < 0)
        unread = 0;
    if (fd >= 0)
        close(fd);
    if (unread > 0)
        return ckpt_error_set(err, EINPROGRESS,
                              "an inotify descriptor has events that nobody has read");
    ret->kind = DESCRIPTION_INOTIFY;
    for (const char *line = strstr(seen->info, "inotify wd:"); error == 0 && line != NULL;
         line = strstr(line + 1, "inotify wd:"))
        error = watch_save(context, seen, line, ret, err);
    if (error == 0 && ret->watch_count > 0)
        qsort(ret->watches, ret->watch_count, sizeof(ret->watches[0]), by_number);
    return error < 0 ? error : 1;
}

/* The kernel numbers watches one after the other: adds and removes some until it is the turn of the wanted one. */
static int watch_add(int fd, const struct image_watch *watch)
{
    for (;;) {
        int number = inotify_add_watch(fd, watch->path, watch->events);
        if (number < 0 || number == watch->fd)
            return number;
        if (number > watch->fd || inotify_rm_watch(fd, number) < 0) {
            errno = EEXIST;
            return -1;
        }
    }
}

static void events_drop(int fd)
{
    char events[4096];

    while (read(fd, events, sizeof(events)) > 0)
        continue;
}

int inotify_restore(const struct restore_context *context,
                    const struct image_description *description, struct ckpt_error *err)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    (void)context;
    if (fd < 0)
        return ckpt_error_errno(err, "make an inotify descriptor");
    for (size_t i = 0; i < description->watch_count; i++) {
        if (watch_add(fd, &description->watches[i]) < 0) {
            close(fd);
            return ckpt_error_errno(err, "watch '%s' again", description->watches[i].path);
        }
    }
    return fd;
}

int inotify_settle(const struct image_description *description, int fd, struct ckpt_error *err)
{
    if (description->kind != DESCRIPTION_INOTIFY)
        return 0;
    events_drop(fd);
    if (fcntl(fd, F_SETFL, description->flags & (O_NONBLOCK | O_ASYNC)) < 0)
        return ckpt_error_errno(err, "set up an inotify descriptor");
    return 0;
}
