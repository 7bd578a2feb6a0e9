/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors of a process and the open file descriptions behind them. Two descriptors share a description when
 * kcmp(2) says so; only those that look alike are compared. Thousands may look alike, eventfds for instance, and the
 * program waits: kcmp(2) tells an order, by which each is found in a tree. */
#include "capture/descriptors.h"

#include "capture/blame.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/proc.h"
#include "objects/lock.h"
#include "objects/signal_io.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* The first descriptor that a description was seen at. */
struct known {
    pid_t outer, inner;
    int fd, flags;
    int64_t offset;
    dev_t device;
    ino_t inode;
    int description;
    size_t below[2]; /* in the tree: those before and those behind this one, 0: nobody */
};

struct descriptor_index {
    struct known *list;
    size_t count;
    int *kept; /* descriptors of ours that live as long as the index */
    size_t kept_count;
};

struct descriptor_index *descriptor_index_new(void)
{
    /* We hold a duplicate of each socket of the tree meanwhile. What we start later sets its own limits. */
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return calloc(1, sizeof(struct descriptor_index));
}

void descriptor_index_free(struct descriptor_index *index)
{
    if (index != NULL) {
        for (size_t i = 0; i < index->kept_count; i++)
            close(index->kept[i]);
        free(index->kept);
        free(index->list);
    }
    free(index);
}

int seen_reopen(const struct seen_descriptor *seen, int flags)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)seen->outer, seen->fd);
    return open(path, flags | O_CLOEXEC);
}

int seen_duplicate(const struct seen_descriptor *seen)
{
    cleanup_fd int process = (int)syscall(SYS_pidfd_open, seen->outer, 0);

    /* Where the main thread has ended it is another one's, which kernels before 6.9 do not open. */
    if (process < 0)
        process = (int)syscall(SYS_pidfd_open, seen->outer, PIDFD_THREAD);

    return process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, seen->fd, 0);
}

/* In no order that files come in, so that the tree stays flat. */
static uint64_t look_of(dev_t device, ino_t inode, int flags, int64_t offset)
{
    uint64_t look = (uint64_t)device;

    look = (look ^ (uint64_t)inode) * 0x9e3779b97f4a7c15ULL;
    look = (look ^ look >> 29 ^ (uint64_t)(unsigned)flags) * 0x9e3779b97f4a7c15ULL;
    look = (look ^ look >> 29 ^ (uint64_t)offset) * 0x9e3779b97f4a7c15ULL;
    return look ^ look >> 32;
}

/* -1: known comes before seen; 1: behind it; 0: they are the same description. */
static int known_compare(const struct known *known, const struct seen_descriptor *seen)
{
    uint64_t one = look_of(known->device, known->inode, known->flags, known->offset);
    uint64_t other = look_of(seen->status.st_dev, seen->status.st_ino, seen->flags, seen->offset);

    if (one != other)
        return one < other ? -1 : 1;
    long order = syscall(SYS_kcmp, known->outer, seen->outer, KCMP_FILE, known->fd, seen->fd);
    return order == 0 ? 0 : order == 1 ? -1 : 1;
}

/* The known one that is the same, or where it would be: *ret_link leads there, if there is anybody to lead. */
static const struct known *known_search(struct descriptor_index *index,
                                        const struct seen_descriptor *seen, size_t **ret_link)
{
    size_t at = 0;

    *ret_link = NULL;
    while (index->count > 0) {
        struct known *known = &index->list[at];
        int order = known_compare(known, seen);
        if (order == 0)
            return known;
        *ret_link = &known->below[order < 0];
        at = **ret_link;
        if (at == 0)
            break;
    }
    return NULL;
}

static int known_find(struct descriptor_index *index, const struct seen_descriptor *seen)
{
    size_t *link;
    const struct known *known = known_search(index, seen, &link);

    return known == NULL ? -1 : known->description;
}

static int known_add(struct descriptor_index *index, const struct seen_descriptor *seen,
                     pid_t inner, int description)
{
    size_t *link, new = index->count;

    if (known_search(index, seen, &link) == NULL && link != NULL)
        *link = new; /* before the list may move */
    struct known *added = array_add(&index->list, &index->count, sizeof(*index->list));
    if (added == NULL)
        return -ENOMEM; /* the checkpoint is given up */
    *added = (struct known){
        .outer = seen->outer,
        .inner = inner,
        .fd = seen->fd,
        .flags = seen->flags,
        .offset = seen->offset,
        .device = seen->status.st_dev,
        .inode = seen->status.st_ino,
        .description = description,
    };
    return 0;
}

/* Reads flags and offset; *ret_cloexec apart, since it is the descriptor's. */
static int fdinfo_read(struct seen_descriptor *seen, char **ret_text, bool *ret_cloexec)
{
    char name[32];
    long long offset = 0;
    unsigned flags = 0;

    snprintf(name, sizeof(name), "fdinfo/%d", seen->fd);
    int error = proc_text_read(seen->outer, name, ret_text);
    if (error < 0)
        return error;
    if (sscanf(*ret_text, "pos: %lld flags: %o", &offset, &flags) != 2)
        return -EBADMSG;
    *ret_cloexec = (flags & O_CLOEXEC) != 0;
    seen->info = *ret_text;
    seen->flags = (int)flags & ~O_CLOEXEC;
    seen->offset = offset;
    return 0;
}

typedef int (*save_function)(const struct save_context *, const struct seen_descriptor *,
                             struct image_description *, struct ckpt_error *);
static const save_function savers[] = {proc_file_save,
                                       path_only_save,
                                       terminal_save,
                                       standard_stream_save,
                                       inherited_stream_save,
                                       pipe_save,
                                       directory_save,
                                       device_save,
                                       event_save,
                                       timer_save,
                                       signalfd_save,
                                       epoll_save,
                                       socket_save,
                                       memfd_save,
                                       pidfd_save,
                                       inotify_save,
                                       posix_queue_save,
                                       regular_file_save,
                                       inherited_save};

/* A terminal outside is often one description for three streams that a restart has to tell apart. */
static bool is_outside(const struct image_description *description,
                       const struct seen_descriptor *seen)
{
    return S_ISCHR(seen->status.st_mode) &&
           (description->kind == DESCRIPTION_STDIN || description->kind == DESCRIPTION_STDOUT ||
            description->kind == DESCRIPTION_STDERR);
}

static int description_save(const struct save_context *context, const struct seen_descriptor *seen,
                            const char *process, struct ckpt_error *err)
{
    struct image_description *description = tree_image_add_description(context->tree);

    if (description == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    description->flags = seen->flags;
    int saved = 0;
    for (size_t i = 0; saved == 0 && i < sizeof(savers) / sizeof(savers[0]); i++)
        saved = savers[i](context, seen, description, err);
    const char *what = saved == 0 ? descriptor_blame(seen->target, &seen->status) : NULL;
    if (saved == 0)
        return ckpt_error_set(
            err, ENOTSUP, "process %s holds descriptor %d, '%s'%s%s, which cannot be carried",
            process, seen->fd, seen->target, what != NULL ? ": " : "", what != NULL ? what : "");
    if (saved > 0)
        saved = signal_io_save(seen, description, err);
    return saved < 0 ? saved : (int)context->tree->description_count - 1;
}

/* The index of the description behind a descriptor, which is saved if it has not been seen before. */
static int description_of(const struct save_context *context, pid_t outer, int fd, const char *who,
                          pid_t pid, bool *ret_cloexec, struct ckpt_error *err)
{
    char path[64], target[PATH_MAX];
    cleanup_free char *info = NULL;
    struct seen_descriptor seen = {.outer = outer, .fd = fd, .target = target};

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)outer, fd);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length >= 0)
        target[length] = 0;
    /* What has to do with a process that has ended is shown no more. */
    if (length < 0 || (stat(path, &seen.status) < 0 && strncmp(target, "/proc/", 6) != 0))
        return ckpt_error_errno(err, "look at descriptor %d of process %s", fd, who);
    int error = fdinfo_read(&seen, &info, ret_cloexec);
    if (error < 0)
        return ckpt_error_set(err, -error, "look at descriptor %d of process %s: %s", fd, who,
                              strerror(-error));
    int description = known_find(context->index, &seen);
    if (description < 0) {
        description = description_save(context, &seen, who, err);
        if (description >= 0 && !is_outside(&context->tree->descriptions[description], &seen) &&
            known_add(context->index, &seen, pid, description) < 0)
            return ckpt_error_set(err, ENOMEM, "no memory");
    }
    error = description < 0 ? description : locks_save(context, &seen, pid, description, err);
    return error < 0 ? error : description;
}

static int descriptor_save(const struct save_context *context, pid_t outer, int fd,
                           size_t process_index, struct ckpt_error *err)
{
    char who[48];
    const struct image_process *process = &context->tree->processes[process_index];
    bool close_on_exec = false;

    snprintf(who, sizeof(who), "%d (%s)", (int)process->pid, process->name);
    int description = description_of(context, outer, fd, who, process->pid, &close_on_exec, err);
    if (description < 0)
        return description;
    struct image_descriptor *descriptor =
        image_process_add_descriptor(&context->tree->processes[process_index]);
    if (descriptor == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    *descriptor = (struct image_descriptor){
        .fd = fd, .description = description, .close_on_exec = close_on_exec};
    return 0;
}

int descriptor_keep(const struct save_context *context, int fd)
{
    struct descriptor_index *index = context->index;
    int *added = array_add(&index->kept, &index->kept_count, sizeof(*index->kept));

    if (added == NULL) {
        close(fd);
        return -ENOMEM;
    }
    *added = fd;
    return 0;
}

static const struct known *known_of(const struct descriptor_index *index, int description)
{
    for (size_t i = 0; i < index->count; i++) {
        if (index->list[i].description == description)
            return &index->list[i];
    }
    return NULL;
}

static bool is_target(const struct known *epoll, pid_t outer, int fd, struct kcmp_epoll_slot *slot)
{
    slot->efd = (uint32_t)epoll->fd;
    return syscall(SYS_kcmp, outer, epoll->outer, KCMP_EPOLL_TFD, fd, slot) == 0;
}

int epoll_target_find(const struct save_context *context, int epoll, int fd, unsigned nth,
                      uint64_t inode)
{
    const struct descriptor_index *index = context->index;
    const struct known *holder = known_of(index, epoll);
    const struct image_process *process =
        holder == NULL ? NULL : tree_image_process(context->tree, holder->inner);
    struct kcmp_epoll_slot slot = {.tfd = (uint32_t)fd, .toff = nth};

    /* Mostly it is still what the number says. */
    for (size_t i = 0; process != NULL && i < process->descriptor_count; i++) {
        if (process->descriptors[i].fd == fd && is_target(holder, holder->outer, fd, &slot))
            return process->descriptors[i].description;
    }
    for (size_t i = 0; holder != NULL && i < index->count; i++) {
        const struct known *known = &index->list[i];
        if ((inode == 0 || known->inode == inode) &&
            is_target(holder, known->outer, known->fd, &slot))
            return known->description;
    }
    return -1;
}

int description_duplicate(const struct save_context *context, int description)
{
    const struct known *known = known_of(context->index, description);

    if (known == NULL)
        return -1;
    struct seen_descriptor seen = {.outer = known->outer, .fd = known->fd};
    return seen_duplicate(&seen);
}

int descriptor_adopt(const struct save_context *context, int fd, struct ckpt_error *err)
{
    bool close_on_exec;

    if (descriptor_keep(context, fd) < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    return description_of(context, getpid(), fd, "none (in a message)", 0, &close_on_exec, err);
}

int capture_descriptors(const struct save_context *context, pid_t outer, size_t process,
                        struct ckpt_error *err)
{
    char path[64];
    struct dirent *entry;
    int error = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)outer);
    cleanup_dir DIR *dir = opendir(path);
    if (dir == NULL)
        return ckpt_error_errno(err, "list the descriptors of process %d", (int)outer);
    while (error == 0 && (entry = readdir(dir)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]))
            error = descriptor_save(context, outer, atoi(entry->d_name), process, err);
    }
    return error;
}
