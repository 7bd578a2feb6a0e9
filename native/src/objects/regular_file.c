/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Regular files. One that has a name stays where it is: its path, offset and length are kept, and after a restart it
 * is cut back to that length. One that was deleted while open lives on in the generation. */
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* O_TMPFILE includes O_DIRECTORY, and would make another file. */
#define FILE_FLAGS_KEPT (OPEN_FLAGS_KEPT & ~O_DIRECTORY)

static bool is_writable(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}

int content_copy(int from, int to, uint64_t size)
{
    static char buffer[1 << 16];
    off_t at = 0;

    while ((uint64_t)at < size) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        at = data < 0 ? at : data;
        ssize_t got = pread_full(from, buffer, sizeof(buffer), at);
        if (got <= 0)
            return got < 0 ? -errno : 0;
        if (pwrite_full(to, buffer, (size_t)got, at) < 0)
            return -errno;
        at += got;
    }
    return ftruncate(to, (off_t)size) < 0 ? -errno : 0;
}

static int deleted_save(const struct save_context *context, const struct seen_descriptor *seen,
                        struct image_description *ret, struct ckpt_error *err)
{
    ret->kind = DESCRIPTION_DELETED;
    ret->mode = seen->status.st_mode & 07777;
    ret->device = seen->status.st_dev;
    ret->inode = seen->status.st_ino;
    /* Several descriptions may lead to one file: they share the copy. */
    snprintf(ret->data, sizeof(ret->data), "file-%llx.data",
             (unsigned long long)seen->status.st_ino);
    cleanup_fd int from = seen_reopen(seen, O_RDONLY);
    cleanup_fd int to = openat(context->dirfd, ret->data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (from < 0 || to < 0)
        return ckpt_error_errno(err, "keep the deleted file '%s'", seen->target);
    int error = content_copy(from, to, ret->size);
    if (error < 0)
        return ckpt_error_set(err, -error, "keep the deleted file '%s': %s", seen->target,
                              strerror(-error));
    return 1;
}

int regular_file_save(const struct save_context *context, const struct seen_descriptor *seen,
                      struct image_description *ret, struct ckpt_error *err)
{
    if (!S_ISREG(seen->status.st_mode) || seen->target[0] != '/' ||
        strncmp(seen->target, "/proc/", 6) == 0 || strncmp(seen->target, "/memfd:", 7) == 0)
        return 0;
    ret->kind = DESCRIPTION_REGULAR;
    ret->offset = seen->offset;
    ret->size = (uint64_t)seen->status.st_size;
    ret->path = strdup(seen->target);
    if (ret->path == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    return seen->status.st_nlink == 0 ? deleted_save(context, seen, ret, err) : 1;
}

/* Every description of the same deleted file opens one new file, made by the first and without a name as well. */
static int deleted_restore(const struct restore_context *context,
                           const struct image_description *description, struct ckpt_error *err)
{
    char path[64], name[64];

    for (size_t i = 0; i < context->tree->description_count; i++) {
        const struct image_description *other = &context->tree->descriptions[i];
        if (other->kind != DESCRIPTION_DELETED || context->opened[i] < 0 ||
            strcmp(other->data, description->data) != 0)
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", context->opened[i]);
        return open(path, (description->flags & FILE_FLAGS_KEPT) | O_CLOEXEC);
    }
    snprintf(name, sizeof(name), ".ckpt-%s-%d", description->data, (int)getpid());
    cleanup_fd int from = openat(context->dirfd, description->data, O_RDONLY | O_CLOEXEC);
    const char *base = strrchr(description->path, '/');
    char directory[4096];
    snprintf(directory, sizeof(directory), "%.*s/", (int)(base - description->path),
             description->path);
    cleanup_fd int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_fd int made = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (from < 0 || made < 0)
        return ckpt_error_errno(err, "bring back the deleted file '%s'", description->path);
    int fd = openat(dir, name, (description->flags & FILE_FLAGS_KEPT) | O_CLOEXEC);
    unlinkat(dir, name, 0);
    int error = fd < 0 ? -errno : content_copy(from, made, description->size);
    if (error == 0 && fchmod(made, description->mode) < 0)
        error = -errno;
    return error < 0 ? error : fd;
}

int regular_file_restore(const struct restore_context *context,
                         const struct image_description *description, struct ckpt_error *err)
{
    int fd = description->kind == DESCRIPTION_DELETED
                 ? deleted_restore(context, description, err)
                 : open(description->path, (description->flags & FILE_FLAGS_KEPT) | O_CLOEXEC);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return ckpt_error_errno(err, "open '%s'", description->path);
    if (is_writable(description->flags) && (uint64_t)status.st_size < description->size) {
        close(fd);
        return ckpt_error_set(err, ESTALE, "'%s' has %lld bytes, at the checkpoint it had %llu",
                              description->path, (long long)status.st_size,
                              (unsigned long long)description->size);
    }
    if (lseek(fd, description->offset, SEEK_SET) < 0) {
        close(fd);
        return ckpt_error_errno(err, "seek in '%s'", description->path);
    }
    return fd;
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
