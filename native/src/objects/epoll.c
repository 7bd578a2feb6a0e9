/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * epoll: what it waits for. A registration is a number and an open file description; the number may have been closed
 * since, or lead to something else, in the process that holds the epoll descriptor or in all. So the description is
 * found by kcmp(2), and registered again under the old number where nobody is disturbed: in the stand-in, before
 * processes are made. Only what belongs to a process, or is made by it, has to wait for that process. */
#include "objects/epoll.h"

#include "common/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

/* What is left of a one-shot registration that has reported: the kernel's EP_PRIVATE_BITS. */
#define KEPT_WHEN_DISABLED ((uint32_t)(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE))

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
        unsigned long long data, inode = 0;
        if (sscanf(at, "tfd: %d events: %x data: %llx pos:%*d ino:%llx", &fd, &events, &data,
                   &inode) < 3)
            return ckpt_error_set(err, EBADMSG, "cannot read what an epoll descriptor waits for");
        struct image_watch *watch = image_description_add_watch(ret);
        if (watch == NULL)
            return ckpt_error_set(err, ENOMEM, "no memory");
        *watch = (struct image_watch){
            .fd = fd, .events = events, .data = data, .description = -1, .inode = inode};
    }
    return 1;
}

/* Registrations under one number are told apart by their order, which is that of fdinfo. */
static unsigned same_before(const struct image_description *epoll, size_t index)
{
    unsigned before = 0;

    for (size_t i = 0; i < index; i++)
        before += epoll->watches[i].fd == epoll->watches[index].fd;
    return before;
}

int epolls_save(const struct save_context *context)
{
    for (size_t i = 0; i < context->tree->description_count; i++) {
        struct image_description *epoll = &context->tree->descriptions[i];
        size_t kept = 0;
        for (size_t j = 0; epoll->kind == DESCRIPTION_EPOLL && j < epoll->watch_count; j++) {
            struct image_watch *watch = &epoll->watches[j];
            watch->description =
                epoll_target_find(context, (int)i, watch->fd, same_before(epoll, j), watch->inode);
        }
        for (size_t j = 0; epoll->kind == DESCRIPTION_EPOLL && j < epoll->watch_count; j++) {
            if (epoll->watches[j].description >= 0) /* else only somebody outside holds it */
                epoll->watches[kept++] = epoll->watches[j];
        }
        if (epoll->kind == DESCRIPTION_EPOLL)
            epoll->watch_count = kept;
    }
    return 0;
}

/* ---- restoring ---- */

int epoll_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    (void)context;
    (void)description;
    return fd < 0 ? ckpt_error_errno(err, "make an epoll descriptor") : fd;
}

/* A signalfd reports the signals of who registers it; a pidfd is opened in the process that holds it. */
static bool is_of_process(const struct image_description *target)
{
    return target->kind == DESCRIPTION_SIGNALFD || target->kind == DESCRIPTION_PIDFD;
}

static bool is_disabled(const struct image_watch *watch)
{
    return (watch->events & EPOLLONESHOT) != 0 && (watch->events & ~KEPT_WHEN_DISABLED) == 0;
}

static int watch_add(int epoll, const struct image_watch *watch, int target, struct ckpt_error *err)
{
    struct epoll_event event = {.events = watch->events, .data.u64 = watch->data};
    int number = watch->fd;

    if (target != number && dup2(target, number) < 0)
        return ckpt_error_errno(err, "wait for descriptor %d again", number);
    if (is_disabled(watch))
        event.events |= EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP;
    int result = epoll_ctl(epoll, EPOLL_CTL_ADD, number, &event);
    /* EEXIST: another process has done it. */
    int error = result < 0 && errno != EEXIST
                    ? ckpt_error_errno(err, "wait for descriptor %d again", number)
                    : 0;
    if (target != number)
        close(number);
    return error;
}

/* A one-shot registration is disabled by reporting once; whoever has nothing to report waits for its end only. */
static void disabled_report(const struct image_description *description, int epoll)
{
    struct epoll_event events[64];

    for (size_t i = 0; i <= description->watch_count / 64; i++) {
        if (epoll_wait(epoll, events, 64, 0) <= 0)
            break;
    }
}

int epoll_fill(const struct restore_context *context, const struct image_description *description,
               int epoll, struct ckpt_error *err)
{
    int error = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; error == 0 && i < description->watch_count; i++) {
            const struct image_watch *watch = &description->watches[i];
            if (is_disabled(watch) == (pass == 0) &&
                !is_of_process(&context->tree->descriptions[watch->description]))
                error = watch_add(epoll, watch, context->opened[watch->description], err);
        }
        if (pass == 0)
            disabled_report(description, epoll);
    }
    return error;
}

int epoll_fill_in_process(const struct tree_image *tree, const struct image_process *process,
                          const struct image_description *description, int epoll,
                          struct ckpt_error *err)
{
    for (size_t i = 0; i < description->watch_count; i++) {
        const struct image_watch *watch = &description->watches[i];
        if (!is_of_process(&tree->descriptions[watch->description]))
            continue;
        for (size_t j = 0; j < process->descriptor_count; j++) {
            if (process->descriptors[j].fd == watch->fd &&
                process->descriptors[j].description == watch->description &&
                watch_add(epoll, watch, watch->fd, err) < 0)
                return -err->code;
        }
    }
    return 0;
}
