/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * epoll: the descriptors it waits for. They are numbers of the process that registered them, so the set is filled in
 * the process that holds it, after everything is in its place. */
#include "objects/object.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

int epoll_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err)
{
    (void)context;
    if (strcmp(seen->target, "anon_inode:[eventpoll]") != 0)
        return 0;
    ret->kind = DESCRIPTION_EPOLL;
    for (const char *at = strstr(seen->info, "tfd:"); at != NULL; at = strstr(at + 1, "tfd:")) {
        int fd;
        unsigned events;
        unsigned long long data;
        if (sscanf(at, "tfd: %d events: %x data: %llx", &fd, &events, &data) != 3)
            return ckpt_error_set(err, EBADMSG, "cannot read what an epoll descriptor waits for");
        struct image_watch *watch = image_description_add_watch(ret);
        if (watch == NULL)
            return ckpt_error_set(err, ENOMEM, "no memory");
        *watch = (struct image_watch){.fd = fd, .events = events, .data = data};
    }
    return 1;
}

int epoll_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    (void)context;
    (void)description;
    return fd < 0 ? ckpt_error_errno(err, "make an epoll descriptor") : fd;
}

int epoll_fill(const struct image_description *description, int epoll, struct ckpt_error *err)
{
    for (size_t i = 0; i < description->watch_count; i++) {
        const struct image_watch *watch = &description->watches[i];
        struct epoll_event event = {.events = watch->events, .data.u64 = watch->data};
        /* EBADF: registered under a number that has been closed while a duplicate lives on. */
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 && errno != EEXIST &&
            errno != EBADF)
            return ckpt_error_errno(err, "wait for descriptor %d again", watch->fd);
    }
    return 0;
}
