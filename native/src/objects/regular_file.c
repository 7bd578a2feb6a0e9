/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Regular files. One that has a name stays where it is: its path, offset and length are kept, and after a restart it
 * is cut back to that length. One that was deleted while open lives on in the generation; so does one that only a name
 * leads to which cannot be found. */
#include "common/cleanup.h"
#include "common/copy.h"
#include "common/io.h"
#include "objects/inherited.h"
#include "objects/inode_path.h"
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>

#define DELETED " (deleted)"

/* O_TMPFILE includes O_DIRECTORY, and would make another file; what lies below /proc/self/fd is a link. */
#define FILE_FLAGS_KEPT (OPEN_FLAGS_KEPT & ~O_DIRECTORY & ~O_NOFOLLOW)

static bool is_writable(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
}

/* ---- saving ---- */

/* To read from, whatever the owner has allowed himself. */
static int content_open(const struct seen_descriptor *seen)
{
    int fd = seen_reopen(seen, O_RDONLY);

    if (fd >= 0 || errno != EACCES)
        return fd;
    cleanup_fd int same = seen_duplicate(seen);
    if (same < 0 || fchmod(same, seen->status.st_mode | S_IRUSR) < 0)
        return -1;
    fd = seen_reopen(seen, O_RDONLY);
    return fchmod(same, seen->status.st_mode & 07777) < 0 ? -1 : fd;
}

/* The copy that another description of the same file has had made, or NULL. */
static const char *copy_find(const struct tree_image *tree, const struct image_description *file)
{
    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *other = &tree->descriptions[i];
        if (other != file && other->kind == DESCRIPTION_DELETED && other->inode == file->inode &&
            other->device == file->device)
            return other->data;
    }
    return NULL;
}

static int deleted_save(const struct save_context *context, const struct seen_descriptor *seen,
                        struct image_description *ret, struct ckpt_error *err)
{
    ret->kind = DESCRIPTION_DELETED;
    ret->mode = seen->status.st_mode & 07777;
    const char *copy = copy_find(context->tree, ret);
    if (copy != NULL) {
        memcpy(ret->data, copy, sizeof(ret->data));
        return 1;
    }
    snprintf(ret->data, sizeof(ret->data), "file-%zu.data", context->tree->description_count);
    cleanup_fd int from = content_open(seen);
    cleanup_fd int to =
        openat(context->dirfd, ret->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (from < 0 || to < 0)
        return ckpt_error_errno(err, "keep the deleted file '%s'", seen->target);
    int error = content_copy(from, to, ret->size);
    if (error < 0)
        return ckpt_error_set(err, -error, "keep the deleted file '%s': %s", seen->target,
                              strerror(-error));
    return 1;
}

static bool looks_deleted(const char *target)
{
    size_t length = strlen(target), suffix = strlen(DELETED);

    return length > suffix && strcmp(target + length - suffix, DELETED) == 0;
}

/* Where the file can be found; NULL: nowhere. It may have lost the name it was opened by and have another. */
static char *path_find(const struct save_context *context, const struct seen_descriptor *seen)
{
    char path[4200];
    struct stat status;

    if (seen->status.st_nlink == 0)
        return NULL;
    if (!looks_deleted(seen->target))
        return strdup(seen->target);
    snprintf(path, sizeof(path), "/proc/%d/root%s", (int)seen->outer, seen->target);
    if (stat(path, &status) == 0 && status_is_same(&status, &seen->status))
        return strdup(seen->target);
    return inode_path_find(context->tree, seen->outer, seen->status.st_dev, seen->status.st_ino);
}

#define MQUEUE_MAGIC 0x19800202

/* Its files look like files, and its path is no path. */
static bool is_message_queue(const struct seen_descriptor *seen)
{
    char path[64];
    struct statfs status;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)seen->outer, seen->fd);
    return statfs(path, &status) == 0 && status.f_type == MQUEUE_MAGIC;
}

int regular_file_save(const struct save_context *context, const struct seen_descriptor *seen,
                      struct image_description *ret, struct ckpt_error *err)
{
    if (!S_ISREG(seen->status.st_mode) || seen->target[0] != '/' ||
        strncmp(seen->target, "/proc/", 6) == 0 || strncmp(seen->target, "/memfd:", 7) == 0)
        return 0;
    if (is_message_queue(seen))
        return ckpt_error_set(
            err, ENOTSUP, "'%s' is a POSIX message queue, which cannot be carried", seen->target);
    ret->kind = DESCRIPTION_REGULAR;
    ret->device = seen->status.st_dev;
    ret->inode = seen->status.st_ino;
    ret->offset = seen->offset;
    ret->size = (uint64_t)seen->status.st_size;
    ret->value = (uint64_t)inherited_number(seen);
    ret->path = path_find(context, seen);
    if (ret->path != NULL)
        return 1;
    ret->path = strdup(seen->target);
    return ret->path == NULL ? ckpt_error_set(err, ENOMEM, "no memory")
                             : deleted_save(context, seen, ret, err);
}

/* ---- restoring ---- */

/* Also a file that was opened for writing and then made read-only. */
static int file_open(const char *path, int flags)
{
    struct stat status;
    int fd = open(path, (flags & FILE_FLAGS_KEPT) | O_CLOEXEC);

    if (fd >= 0 || errno != EACCES || stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
        chmod(path, (status.st_mode & 07777) | S_IRUSR | S_IWUSR) < 0)
        return fd;
    fd = open(path, (flags & FILE_FLAGS_KEPT) | O_CLOEXEC);
    return chmod(path, status.st_mode & 07777) < 0 ? -1 : fd;
}

/* A file without a name, in the directory where it was if that is still there. With O_TMPFILE it may be given one
 * later, as the program may have meant to. */
static int nameless_make(const struct image_description *description)
{
    char name[64], directory[4096];
    const char *base = strrchr(description->path, '/');

    snprintf(directory, sizeof(directory), "%.*s/", (int)(base - description->path),
             description->path);
    snprintf(name, sizeof(name), ".ckpt-%s-%d", description->data, (int)getpid());
    cleanup_fd int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || faccessat(dir, ".", W_OK, AT_EACCESS) < 0) {
        close(dir);
        dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    int fd = openat(dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd < 0) {
        fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        unlinkat(dir, name, 0);
    }
    return fd;
}

/* Every description of the same deleted file opens one new file, which the first makes. */
static int deleted_restore(const struct restore_context *context,
                           const struct image_description *description, struct ckpt_error *err)
{
    char path[64];

    for (size_t i = 0; i < context->tree->description_count; i++) {
        const struct image_description *other = &context->tree->descriptions[i];
        if (other->kind != DESCRIPTION_DELETED || context->opened[i] < 0 ||
            strcmp(other->data, description->data) != 0)
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", context->opened[i]);
        return file_open(path, description->flags);
    }
    cleanup_fd int from = openat(context->dirfd, description->data, O_RDONLY | O_CLOEXEC);
    cleanup_fd int made = nameless_make(description);
    if (from < 0 || made < 0)
        return ckpt_error_errno(err, "bring back the deleted file '%s'", description->path);
    int error = content_copy(from, made, description->size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", made);
    int fd = error < 0 ? error : file_open(path, description->flags);
    if (fd >= 0 && fchmod(made, description->mode) < 0)
        return -errno;
    return fd;
}

/* The same description as somebody outside has, if the new ckpt was given one of that file. */
static int inherited_take(const struct image_description *description)
{
    int number = (int)description->value;
    struct stat given, named;

    if (number == 0 || !inherited_again(number, description->flags) || fstat(number, &given) < 0 ||
        stat(description->path, &named) < 0 || given.st_ino != named.st_ino ||
        given.st_dev != named.st_dev)
        return -1;
    return fcntl(number, F_DUPFD_CLOEXEC, 0);
}

static int named_restore(const struct image_description *description)
{
    int fd = inherited_take(description);

    return fd >= 0 ? fd : file_open(description->path, description->flags);
}

int regular_file_restore(const struct restore_context *context,
                         const struct image_description *description, struct ckpt_error *err)
{
    cleanup_fd int fd = description->kind == DESCRIPTION_DELETED
                            ? deleted_restore(context, description, err)
                            : named_restore(description);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return ckpt_error_errno(err, "open '%s'", description->path);
    if (is_writable(description->flags) && (uint64_t)status.st_size < description->size)
        return ckpt_error_set(err, ESTALE, "'%s' has %lld bytes, at the checkpoint it had %llu",
                              description->path, (long long)status.st_size,
                              (unsigned long long)description->size);
    if ((description->flags & O_PATH) == 0 && lseek(fd, description->offset, SEEK_SET) < 0)
        return ckpt_error_errno(err, "seek in '%s'", description->path);
    return steal_fd(&fd);
}

int regular_file_settle(const struct image_description *description, int fd, struct ckpt_error *err)
{
    struct stat status;

    if (description->kind != DESCRIPTION_REGULAR || !is_writable(description->flags))
        return 0;
    if (fstat(fd, &status) < 0)
        return ckpt_error_errno(err, "stat '%s'", description->path);
    if ((uint64_t)status.st_size > description->size && ftruncate(fd, (off_t)description->size) < 0)
        return ckpt_error_errno(err, "cut '%s' back to %llu bytes", description->path,
                                (unsigned long long)description->size);
    return 0;
}
