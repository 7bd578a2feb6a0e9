/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * In the stand-in: what the tree has open or shares, before any of its processes is there to inherit it. */
#include "objects/epoll.h"
#include "objects/lock.h"
#include "objects/mapped_file.h"
#include "objects/object.h"
#include "objects/shared_memory.h"
#include "objects/terminal.h"
#include "restore/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int description_open(const struct restore_context *context,
                            const struct image_description *from, struct ckpt_error *err)
{
    switch (from->kind) {
    case DESCRIPTION_REGULAR:
    case DESCRIPTION_DELETED:
        return regular_file_restore(context, from, err);
    case DESCRIPTION_DIRECTORY:
        return directory_restore(context, from, err);
    case DESCRIPTION_DEVICE:
        return device_restore(context, from, err);
    case DESCRIPTION_PROC:
        return proc_file_restore(context, from, err);
    case DESCRIPTION_PIPE:
    case DESCRIPTION_FIFO:
        return pipe_restore(context, from, err);
    case DESCRIPTION_EVENTFD:
        return event_restore(context, from, err);
    case DESCRIPTION_TIMERFD:
        return timer_restore(context, from, err);
    case DESCRIPTION_SIGNALFD:
        return signalfd_restore(context, from, err);
    case DESCRIPTION_EPOLL:
        return epoll_restore(context, from, err);
    case DESCRIPTION_MEMFD:
        return memfd_restore(context, from, err);
    case DESCRIPTION_PIDFD:
        return pidfd_restore(context, from, err);
    case DESCRIPTION_INOTIFY:
        return inotify_restore(context, from, err);
    case DESCRIPTION_QUEUE:
        return posix_queue_restore(context, from, err);
    case DESCRIPTION_TERMINAL_MASTER:
    case DESCRIPTION_TERMINAL:
    case DESCRIPTION_TTY:
        return terminal_restore(context, from, err);
    case DESCRIPTION_SOCKET:
        return socket_restore(context, from, err);
    case DESCRIPTION_PATH_ONLY:
        return path_only_restore(context, from, err);
    case DESCRIPTION_INHERITED:
        return inherited_restore(context, from, err);
    default:
        return standard_stream_restore(context, from, err);
    }
}

/* All descriptors of ours have to be above all that any process wants. */
static int base_find(const struct tree_image *tree)
{
    int highest = 63;

    for (size_t i = 0; i < tree->process_count; i++) {
        for (size_t j = 0; j < tree->processes[i].descriptor_count; j++) {
            if (tree->processes[i].descriptors[j].fd > highest)
                highest = tree->processes[i].descriptors[j].fd;
        }
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *epoll = &tree->descriptions[i];
        for (size_t j = 0; epoll->kind == DESCRIPTION_EPOLL && j < epoll->watch_count; j++) {
            if (epoll->watches[j].fd > highest)
                highest = epoll->watches[j].fd;
        }
    }
    return highest + 1;
}

static int move_up(struct restore *restore, int fd)
{
    int moved = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, restore->base);

    if (fd >= 0 && moved < 0)
        RESTORE_FAIL_ERRNO(restore, "move a descriptor above %d (limit of open files)",
                           restore->base);
    return moved;
}

void restore_clear_numbers(struct restore *restore)
{
    restore->base = base_find(restore->tree);
    restore->dirfd = move_up(restore, restore->dirfd);
    restore->report_fd = move_up(restore, restore->report_fd);
    restore->status_fd = move_up(restore, restore->status_fd);
    restore->input = move_up(restore, restore->input);
    restore->output = move_up(restore, restore->output);
    restore->error = move_up(restore, restore->error);
}

/* The slaves stay until every session has its terminal. */
static void terminals_hand_on(struct restore *restore, const struct restore_context *context)
{
    struct ckpt_error err;

    if (terminals_settle(context, &err) < 0)
        restore_fail(restore, &err);
    for (size_t i = 0; i < restore->tree->terminal_count; i++) {
        struct terminal_ends *ends = &restore->terminals[i];
        if (restore->tree->terminals[i].use != TERMINAL_OF_THE_TREE &&
            restore_report_terminal(restore->report_fd, ends->master) < 0)
            RESTORE_FAIL_ERRNO(restore, "hand over the terminal");
        if (ends->slave < 0)
            continue;
        int low = ends->slave;
        ends->slave = move_up(restore, low);
        close(low);
    }
}

void restore_open_descriptions(struct restore *restore)
{
    const struct tree_image *tree = restore->tree;
    struct ckpt_error err = {0};

    restore->opened = calloc(tree->description_count + 1, sizeof(int));
    restore->terminals = calloc(tree->terminal_count + 1, sizeof(*restore->terminals));
    if (restore->opened == NULL || restore->terminals == NULL)
        RESTORE_FAIL_ERRNO(restore, "open %d descriptions", (int)tree->description_count);
    struct restore_context context = {
        .tree = restore->tree,
        .dirfd = restore->dirfd,
        .input = restore->input,
        .output = restore->output,
        .error = restore->error,
        .opened = restore->opened,
        .terminals = restore->terminals,
    };
    if (terminals_make(tree, restore->terminals, &err) < 0)
        restore_fail(restore, &err);
    for (size_t i = 0; i < tree->description_count; i++)
        restore->opened[i] = -1;
    for (size_t i = 0; i < tree->description_count; i++) {
        int fd = description_open(&context, &tree->descriptions[i], &err);
        if (fd < 0)
            restore_fail(restore, &err);
        restore->opened[i] = move_up(restore, fd);
        close(fd);
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        if (regular_file_settle(&tree->descriptions[i], restore->opened[i], &err) < 0)
            restore_fail(restore, &err);
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        if (inotify_settle(&tree->descriptions[i], restore->opened[i], &err) < 0)
            restore_fail(restore, &err);
    }
    terminals_hand_on(restore, &context);
    if (sockets_settle(&context, &err) < 0 || locks_of_descriptions_restore(&context, &err) < 0)
        restore_fail(restore, &err);
    for (size_t i = 0; i < tree->description_count; i++) {
        if (tree->descriptions[i].kind == DESCRIPTION_EPOLL &&
            epoll_fill(&context, &tree->descriptions[i], restore->opened[i], &err) < 0)
            restore_fail(restore, &err);
    }
}

void restore_open_shared_memory(struct restore *restore)
{
    const struct tree_image *tree = restore->tree;
    struct ckpt_error err = {0};

    restore->shared_memory = calloc(tree->shared_count + 1, sizeof(int));
    if (restore->shared_memory == NULL)
        RESTORE_FAIL_ERRNO(restore, "open %d shared objects", (int)tree->shared_count);
    for (size_t i = 0; i < tree->mapped_file_count; i++) {
        if (mapped_file_restore(&tree->mapped_files[i], restore->dirfd, &err) < 0)
            restore_fail(restore, &err);
    }
    for (size_t i = 0; i < tree->shared_count; i++) {
        restore->shared_memory[i] = -1;
        if (tree_image_segment(tree, &tree->shared[i]) != NULL)
            continue; /* it is attached, not mapped */
        int fd =
            shared_memory_restore(tree, &tree->shared[i], restore->opened, restore->dirfd, &err);
        if (fd < 0)
            restore_fail(restore, &err);
        restore->shared_memory[i] = move_up(restore, fd);
        close(fd);
    }
}
