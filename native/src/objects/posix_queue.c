/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * POSIX message queues: name, mode, size, and the messages with their priorities. A descriptor of one is that of a file in
 * the filesystem of an IPC namespace, so it can be opened again through /proc wherever that namespace is. There is no way
 * to look at a message but to receive it: all are received and sent again, in the order that keeps those of equal
 * priority in theirs. Nobody of the tree waits there meanwhile, since all are parked; who is to be notified has taken that
 * back (preload/queue_notify.c); and a queue that somebody outside holds is left alone.
 *
 * In the first incarnation queues are made in the namespace of the host, a capsule has its own. */
#include "objects/posix_queue.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "objects/ipc_limit.h"
#include "objects/system_v.h"
#include "proc/process_tree.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MQUEUE_MAGIC 0x19800202
#define QUEUE_NAME   256

/* ---- the kernel's calls, which take names without their slash ---- */

static int queue_open(const char *name, int flags, mode_t mode, const struct mq_attr *attributes)
{
    return (int)syscall(SYS_mq_open, name, flags | O_CLOEXEC, mode, attributes);
}

static int queue_attributes(int fd, struct mq_attr *ret)
{
    return (int)syscall(SYS_mq_getsetattr, fd, NULL, ret);
}

static ssize_t queue_receive(int fd, void *text, size_t size, unsigned *ret_priority)
{
    return syscall(SYS_mq_timedreceive, fd, text, size, ret_priority, NULL);
}

static int queue_send(int fd, const void *text, size_t size, unsigned priority)
{
    return (int)syscall(SYS_mq_timedsend, fd, text, size, priority, NULL);
}

/* ---- saving ---- */

struct message {
    struct message *next;
    unsigned priority;
    size_t size;
    char text[];
};

static void messages_free(struct message *first)
{
    while (first != NULL) {
        struct message *next = first->next;
        free(first);
        first = next;
    }
}

static int messages_take(int fd, size_t size_max, struct message **ret_first)
{
    struct message **last = ret_first;
    cleanup_free char *text = malloc(size_max + 1);

    *ret_first = NULL;
    if (text == NULL)
        return -ENOMEM;
    for (;;) {
        unsigned priority;
        /* Before the message is taken, so that none is lost for want of memory. */
        struct message *message = malloc(sizeof(*message) + size_max);
        if (message == NULL)
            return -ENOMEM;
        ssize_t size = queue_receive(fd, text, size_max, &priority);
        if (size < 0) {
            free(message);
            return errno == EAGAIN ? 0 : -errno;
        }
        message->next = NULL;
        message->priority = priority;
        message->size = (size_t)size;
        memcpy(message->text, text, (size_t)size);
        *last = message;
        last = &message->next;
    }
}

/* They were there before, so there is room. */
static int messages_give_back(int fd, const struct message *message)
{
    int error = 0;

    for (; message != NULL; message = message->next) {
        if (queue_send(fd, message->text, message->size, message->priority) < 0)
            error = -errno;
    }
    return error;
}

static int messages_write(const struct message *message, int dirfd, const char *name)
{
    cleanup_fd int out = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = out < 0 ? -errno : 0;

    for (; error == 0 && message != NULL; message = message->next)
        error = part_append(out, message->priority, message->text, message->size);
    return error;
}

/* One that both reads and writes, whatever the permissions of the queue. */
static int both_ways_open(int fd, mode_t mode)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int opened = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (opened >= 0 || errno != EACCES || fchmod(fd, mode | 0600) < 0)
        return opened;
    opened = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    fchmod(fd, mode & 07777);
    return opened;
}

static bool somebody_is_notified(int fd)
{
    char text[128];
    ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

    text[got > 0 ? got : 0] = 0;
    const char *pid = strstr(text, "NOTIFY_PID:");
    return pid != NULL && atoi(pid + strlen("NOTIFY_PID:")) != 0;
}

static bool is_held_by(const char *process, const struct stat *queue)
{
    char path[320];
    struct dirent *entry;
    struct stat status;

    snprintf(path, sizeof(path), "/proc/%s/fd", process);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]) &&
            fstatat(dirfd(dir), entry->d_name, &status, 0) == 0 && status_is_same(&status, queue))
            return true;
    }
    return false;
}

/* One that is not of the tree, if any can be looked into, or 0. */
static pid_t holder_outside(const struct stat *queue, const struct process_tree *processes)
{
    struct dirent *entry;
    cleanup_dir DIR *dir = opendir("/proc");

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 0 && pid != getpid() &&
            (processes == NULL || process_tree_find(processes, pid) == NULL) &&
            is_held_by(entry->d_name, queue))
            return pid;
    }
    return 0;
}

static bool is_same_queue(const struct image_description *a, const struct image_description *b)
{
    return a != b && a->kind == DESCRIPTION_QUEUE && a->inode == b->inode && a->device == b->device;
}

static bool is_saved(const struct tree_image *tree, const struct image_description *queue)
{
    for (size_t i = 0; i < tree->description_count; i++) {
        if (is_same_queue(&tree->descriptions[i], queue))
            return true;
    }
    return false;
}

static int queue_content_save(const struct save_context *context, int fd,
                              const struct seen_descriptor *seen, struct image_description *ret,
                              struct ckpt_error *err)
{
    struct message *messages = NULL;
    cleanup_fd int both = both_ways_open(fd, seen->status.st_mode);
    pid_t outsider = holder_outside(&seen->status, context->processes);

    if (outsider != 0)
        return ckpt_error_set(err, ENOTSUP,
                              "message queue '%s' is also held by process %d, outside the task",
                              ret->path, (int)outsider);
    if (both < 0)
        return ckpt_error_errno(err, "open message queue '%s'", ret->path);
    if (somebody_is_notified(both))
        return ckpt_error_set(err, ENOTSUP,
                              "message queue '%s' has a registration for notification that cannot "
                              "be made again (SIGEV_THREAD, or by a bare system call)",
                              ret->path);
    snprintf(ret->data, sizeof(ret->data), "queue-%zu.data", context->tree->description_count);
    int taken = messages_take(both, ret->interval_ns, &messages);
    int given = messages_give_back(both, messages);
    int error = taken < 0   ? taken
                : given < 0 ? given
                            : messages_write(messages, context->dirfd, ret->data);
    messages_free(messages);
    return error < 0 ? ckpt_error_set(err, -error, "read message queue '%s': %s", ret->path,
                                      strerror(-error))
                     : 0;
}

int posix_queue_save(const struct save_context *context, const struct seen_descriptor *seen,
                     struct image_description *ret, struct ckpt_error *err)
{
    struct statfs filesystem;
    struct mq_attr attributes;

    if (!S_ISREG(seen->status.st_mode) || major(seen->status.st_dev) != 0)
        return 0;
    cleanup_fd int fd = seen_duplicate(seen);
    if (fd < 0 || fstatfs(fd, &filesystem) < 0 || filesystem.f_type != MQUEUE_MAGIC)
        return 0;
    if (queue_attributes(fd, &attributes) < 0)
        return ckpt_error_errno(err, "look at a message queue");
    const char *name = strrchr(seen->target, '/');
    ret->value = seen->status.st_nlink == 0;
    if (name == NULL || (ret->path = strdup(name)) == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    if (ret->value) /* " (deleted)" */
        ret->path[strlen(ret->path) - strlen(" (deleted)")] = 0;
    ret->mode = seen->status.st_mode & 07777;
    ret->uid = seen->status.st_uid;
    ret->gid = seen->status.st_gid;
    ret->device = seen->status.st_dev;
    ret->inode = seen->status.st_ino;
    ret->size = (uint64_t)attributes.mq_maxmsg;
    ret->interval_ns = (uint64_t)attributes.mq_msgsize;
    int error = is_saved(context->tree, ret) ? 0 : queue_content_save(context, fd, seen, ret, err);
    ret->kind = DESCRIPTION_QUEUE;
    return error < 0 ? error : 1;
}

/* ---- restoring ---- */

bool posix_queues_are_there(const struct tree_image *tree)
{
    for (size_t i = 0; i < tree->description_count; i++) {
        if (tree->descriptions[i].kind == DESCRIPTION_QUEUE)
            return true;
    }
    return false;
}

static int messages_restore(int fd, const struct restore_context *context,
                            const struct image_description *queue)
{
    cleanup_fd int from = openat(context->dirfd, queue->data, O_RDONLY | O_CLOEXEC);
    int64_t priority;
    uint64_t size;
    int got = from < 0 ? -errno : 1;

    while (got > 0) {
        cleanup_free void *text = NULL;
        got = part_next(from, &priority, &text, &size, queue->interval_ns);
        if (got > 0 && queue_send(fd, text, size, (unsigned)priority) < 0)
            got = -errno;
    }
    return got;
}

/* With all that belongs to the queue itself. */
static int queue_make(const struct restore_context *context, const struct image_description *queue)
{
    struct mq_attr attributes = {.mq_maxmsg = (long)queue->size,
                                 .mq_msgsize = (long)queue->interval_ns};
    char name[QUEUE_NAME];

    /* One without a name must not be in the way of another with that name. */
    if (queue->value)
        snprintf(name, sizeof(name), "ckpt-%llu", (unsigned long long)queue->inode);
    else
        snprintf(name, sizeof(name), "%s", queue->path + 1);
    ipc_limit_raise("fs/mqueue/msg_max", queue->size);
    ipc_limit_raise("fs/mqueue/msgsize_max", queue->interval_ns);
    int fd = queue_open(name, O_RDWR | O_NONBLOCK | O_CREAT | O_EXCL, 0600, &attributes);
    if (fd < 0)
        return -errno;
    int error = messages_restore(fd, context, queue);
    if (error == 0 && queue->value && syscall(SYS_mq_unlink, name) < 0)
        error = -errno;
    if (error == 0 && (queue->uid != geteuid() || queue->gid != getegid()) &&
        fchown(fd, queue->uid, queue->gid) < 0)
        error = -errno;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

static int opened_find(const struct restore_context *context, const struct image_description *queue)
{
    for (size_t i = 0; i < context->tree->description_count; i++) {
        if (is_same_queue(&context->tree->descriptions[i], queue) && context->opened[i] >= 0)
            return context->opened[i];
    }
    return -1;
}

int posix_queue_restore(const struct restore_context *context,
                        const struct image_description *description, struct ckpt_error *err)
{
    char path[64];
    int known = opened_find(context, description);
    cleanup_fd int made = known < 0 ? queue_make(context, description) : -1;

    if (known < 0 && made < 0)
        return ckpt_error_set(err, -made, "make message queue '%s' again: %s", description->path,
                              strerror(-made));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", known < 0 ? made : known);
    int fd = open(path, (description->flags & (O_ACCMODE | O_NONBLOCK)) | O_CLOEXEC);
    if (fd < 0)
        return ckpt_error_errno(err, "open message queue '%s'", description->path);
    if (known < 0 && fchmod(made, description->mode) < 0) {
        close(fd);
        return ckpt_error_errno(err, "give message queue '%s' its mode", description->path);
    }
    return fd;
}

void posix_queues_mount(void)
{
    /* Where there is no such directory nobody has looked into it. */
    if (mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return;
}

/* ---- what the first incarnation has left on the host ---- */

void posix_queues_clear(const struct tree_image *tree)
{
    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *queue = &tree->descriptions[i];
        struct stat status;
        if (queue->kind != DESCRIPTION_QUEUE || queue->value)
            continue;
        cleanup_fd int fd = queue_open(queue->path + 1, O_RDONLY | O_NONBLOCK, 0, NULL);
        if (fd < 0 && errno == EACCES)
            fd = queue_open(queue->path + 1, O_WRONLY | O_NONBLOCK, 0, NULL);
        if (fd >= 0 && fstat(fd, &status) == 0 && status.st_ino == queue->inode &&
            status.st_dev == queue->device && holder_outside(&status, NULL) == 0)
            syscall(SYS_mq_unlink, queue->path + 1);
    }
}
