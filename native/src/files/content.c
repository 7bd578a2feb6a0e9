/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A file is compared with what it was block by block, by checksum. As long as every old block is what it was, the old
 * content goes on and only what lies behind it is written: the name in the new generation is a hard link. At the first
 * block that differs a new content begins; the blocks before it, and all later ones that are still the same, are copied
 * from the old content when the tree runs again. */
#include "files/content.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "store/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum block_state {
    BLOCK_SAME,
    BLOCK_LONGER, /* begins with what the last block of the old content was */
    BLOCK_OTHER,
};

static size_t block_length(uint64_t size, size_t block)
{
    uint64_t left = size - (uint64_t)block * CONTENT_BLOCK;

    return left < CONTENT_BLOCK ? (size_t)left : CONTENT_BLOCK;
}

static enum block_state block_compare(const struct file_content *previous, size_t block,
                                      const char *bytes, size_t length, uint64_t sum)
{
    if (previous == NULL || block >= previous->block_count)
        return BLOCK_OTHER;
    size_t before = block_length(previous->size, block);
    if (before == length)
        return sum == previous->sums[block] ? BLOCK_SAME : BLOCK_OTHER;
    if (before < length && checksum_bytes(bytes, before) == previous->sums[block])
        return BLOCK_LONGER;
    return BLOCK_OTHER;
}

/* Writes bytes, which stand at offset in the file, to offset + shift, except for its holes. */
static int data_write(int from, int to, const char *bytes, off_t offset, off_t shift, size_t length)
{
    off_t end = offset + (off_t)length;

    for (off_t at = offset; at < end;) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            return 0;
        off_t hole = data < 0 ? end : lseek(from, data, SEEK_HOLE);
        data = data < 0 ? at : data;
        hole = hole < 0 || hole > end ? end : hole;
        if (data >= end)
            return 0;
        if (pwrite_full(to, bytes + (data - offset), (size_t)(hole - data), data + shift) < 0)
            return -errno;
        at = hole;
    }
    return 0;
}

static int object_open(const struct content_job *job, int flags)
{
    return openat(job->dirfd, job->content->name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* The name of the old content in the new generation. Where there are no hard links it becomes a copy. */
static int previous_join(struct content_job *job)
{
    const char *name = job->previous->name;

    strcpy(job->content->name, name);
    if (linkat(job->previous_dirfd, name, job->dirfd, name, 0) == 0)
        return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK && errno != ENOSYS)
        return -errno;
    cleanup_fd int from = openat(job->previous_dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_fd int to = object_open(job, O_WRONLY | O_CREAT | O_EXCL);
    if (from < 0 || to < 0)
        return -errno;
    job->written = true;
    return content_copy_to(from, to, job->previous->size);
}

static int sums_make(struct file_content *content, uint64_t size)
{
    content->size = size;
    content->block_count = content_block_count(size);
    content->sums = calloc(content->block_count + 1, sizeof(*content->sums));
    return content->sums == NULL ? -ENOMEM : 0;
}

/* ---- what the store has ---- */

static int blocks_check(int dirfd, const struct file_content *content, size_t first, size_t end)
{
    cleanup_free char *bytes = malloc(CONTENT_BLOCK);
    cleanup_fd int fd = openat(dirfd, content->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (bytes == NULL || fd < 0)
        return bytes == NULL ? -ENOMEM : errno == ENOENT ? -EIO : -errno;
    for (size_t i = first; i < end && i < content->block_count; i++) {
        size_t length = block_length(content->size, i);
        ssize_t got = pread_full(fd, bytes, length, (off_t)i * CONTENT_BLOCK);
        if (got != (ssize_t)length || checksum_bytes(bytes, length) != content->sums[i])
            return got < 0 ? -errno : -EIO;
    }
    return 0;
}

int content_check(const struct content_job *job, uint64_t offset, uint64_t size)
{
    return blocks_check(job->dirfd, job->content, offset / CONTENT_BLOCK,
                        content_block_count(offset + size));
}

static bool stored_look(int dirfd, const struct file_content *content, struct file_content *ret)
{
    struct stat status;

    if (fstatat(dirfd, content->name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(status.st_mode) || (uint64_t)status.st_size < content->size)
        return false;
    ret->stored_inode = status.st_ino;
    ret->stored_mtime_ns = (int64_t)status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
    return true;
}

/* One damaged content would be in all generations to come. Nobody but us writes to it; what has another time than we left
 * it with is read. A restart has just read what it does not know the time of. */
static bool previous_is_sound(const struct content_job *job)
{
    struct file_content *previous = job->previous, now;

    if (previous->damaged || !stored_look(job->previous_dirfd, previous, &now))
        return false;
    bool known = previous->stored_inode == 0 || (previous->stored_inode == now.stored_inode &&
                                                 previous->stored_mtime_ns == now.stored_mtime_ns);
    if (!known && blocks_check(job->previous_dirfd, previous, 0, previous->block_count) < 0)
        return false;
    previous->stored_inode = now.stored_inode;
    previous->stored_mtime_ns = now.stored_mtime_ns;
    return true;
}

int content_keep(struct content_job *job, struct ckpt_error *err)
{
    char name[CONTENT_NAME_SIZE];

    if (!previous_is_sound(job))
        return ckpt_error_set(err, EIO, "keep '%s': it is damaged", job->previous->name);
    int error = content_duplicate(job->previous, job->content);
    strcpy(name, job->previous->name);
    if (error == 0)
        error = previous_join(job);
    job->kept = true;
    return error == 0 ? 0 : ckpt_error_set(err, -error, "keep '%s': %s", name, strerror(-error));
}

/* ---- while the file stands still ---- */

/* Where a new content begins, at the given block: those before it are the old ones. */
static int content_begin(struct content_job *job, size_t blocks_before)
{
    job->stale = calloc(job->content->block_count + 1, sizeof(bool));
    if (job->stale == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < blocks_before; i++)
        job->stale[i] = true;
    job->written = true;
    int fd = object_open(job, O_RDWR | O_CREAT | O_EXCL);
    return fd < 0 ? -errno : fd;
}

/* One step of the comparison; *object is where changes are written, -1 as long as nothing differs. */
static int block_take(struct content_job *job, int from, int *object, size_t block, char *bytes)
{
    uint64_t offset = (uint64_t)block * CONTENT_BLOCK, at = job->base + offset;
    size_t length = block_length(job->content->size, block), skip = 0;
    ssize_t got = pread_full(from, bytes, length, (off_t)at);

    if (got != (ssize_t)length)
        return got < 0 ? -errno : -ESTALE;
    uint64_t sum = checksum_bytes(bytes, length);
    job->content->sums[block] = sum;
    enum block_state state = block_compare(job->previous, block, bytes, length, sum);
    if (state == BLOCK_SAME) {
        if (job->stale != NULL)
            job->stale[block] = true;
        return 0;
    }
    if (job->stale == NULL && state == BLOCK_LONGER)
        skip = (size_t)(job->previous->size - offset);
    else if (job->stale == NULL && (job->previous == NULL || offset < job->previous->size)) {
        *object = content_begin(job, block);
        if (*object < 0)
            return *object;
    }
    if (*object < 0) { /* the old content goes on behind its end */
        int error = previous_join(job);
        *object = error < 0 ? error : object_open(job, O_RDWR);
        if (*object < 0)
            return error < 0 ? error : -errno;
        job->kept = job->written = true;
        /* A generation that came to nothing may have left something there. */
        if (ftruncate(*object, (off_t)job->previous->size) < 0)
            return -errno;
    }
    return data_write(from, *object, bytes + skip, (off_t)(at + skip), -(off_t)job->base,
                      length - skip);
}

static int blocks_take(struct content_job *job, int from, int *object, char *bytes)
{
    int error = 0;

    if (job->previous == NULL || job->content->size < job->previous->size) {
        *object = content_begin(job, 0);
        error = *object < 0 ? *object : 0;
    }
    for (size_t i = 0; error == 0 && i < job->content->block_count; i++)
        error = block_take(job, from, object, i, bytes);
    if (error == 0 && *object < 0) { /* nothing differs */
        job->kept = true;
        return previous_join(job);
    }
    if (error == 0 && ftruncate(*object, (off_t)job->content->size) < 0)
        error = -errno;
    return error;
}

/* Shared blocks need no reading now. */
static int clone_take(struct content_job *job, int from)
{
    cleanup_fd int to = object_open(job, O_RDWR | O_CREAT | O_EXCL);

    if (to < 0)
        return -errno;
    if (ioctl(to, FICLONE, from) < 0) {
        int error = -errno;
        unlinkat(job->dirfd, job->content->name, 0);
        return error;
    }
    job->cloned = job->written = true;
    return ftruncate(to, (off_t)job->content->size) < 0 ? -errno : 0;
}

int content_take(struct content_job *job, int from, uint64_t size, bool clone,
                 struct ckpt_error *err)
{
    cleanup_free char *bytes = malloc(CONTENT_BLOCK);
    cleanup_fd int object = -1;
    int error = bytes == NULL ? -ENOMEM : sums_make(job->content, size);

    if (error == 0 && job->previous != NULL && !previous_is_sound(job)) {
        job->previous = NULL;
        job->healed = true;
    }
    if (error == 0 && clone && clone_take(job, from) == 0)
        return 0;
    if (error == 0)
        error = blocks_take(job, from, &object, bytes);
    return error == 0 ? 0 : ckpt_error_set(err, -error, "keep a copy of it: %s", strerror(-error));
}

int content_hold(int from, uint64_t size, int to, uint64_t base, struct ckpt_error *err)
{
    cleanup_free char *bytes = malloc(size + 1);
    ssize_t got = bytes == NULL ? -1 : pread_full(from, bytes, size, 0);
    int error = bytes == NULL ? -ENOMEM : got < 0 ? -errno : got != (ssize_t)size ? -ESTALE : 0;

    if (error == 0)
        error = data_write(from, to, bytes, 0, (off_t)base, size);
    if (error == 0 && ftruncate(to, (off_t)(base + size)) < 0)
        error = -errno;
    return error == 0 ? 0 : ckpt_error_set(err, -error, "keep a copy of it: %s", strerror(-error));
}

/* ---- when the tree runs again ---- */

static int sums_read(struct content_job *job)
{
    cleanup_free char *bytes = malloc(CONTENT_BLOCK);
    cleanup_fd int from = object_open(job, O_RDONLY);

    if (bytes == NULL || from < 0)
        return bytes == NULL ? -ENOMEM : -errno;
    for (size_t i = 0; i < job->content->block_count; i++) {
        size_t length = block_length(job->content->size, i);
        ssize_t got = pread_full(from, bytes, length, (off_t)i * CONTENT_BLOCK);
        if (got != (ssize_t)length)
            return got < 0 ? -errno : -EIO;
        job->content->sums[i] = checksum_bytes(bytes, length);
    }
    return 0;
}

static int stale_copy(struct content_job *job)
{
    cleanup_free char *bytes = malloc(CONTENT_BLOCK);
    cleanup_fd int from = -1, to = -1;

    for (size_t i = 0; i < job->content->block_count; i++) {
        size_t length = block_length(job->content->size, i);
        off_t offset = (off_t)i * CONTENT_BLOCK;
        if (!job->stale[i])
            continue;
        if (from < 0) {
            from =
                openat(job->previous_dirfd, job->previous->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
            to = object_open(job, O_WRONLY);
        }
        if (from < 0 || to < 0 || bytes == NULL)
            return bytes == NULL ? -ENOMEM : -errno;
        if (pread_full(from, bytes, length, offset) != (ssize_t)length ||
            checksum_bytes(bytes, length) != job->content->sums[i]) {
            job->previous->damaged = true;
            return -EAGAIN; /* the next try takes all of the file */
        }
        int error = data_write(from, to, bytes, offset, 0, length);
        if (error < 0)
            return error;
    }
    return 0;
}

int content_finish(struct content_job *job, struct ckpt_error *err)
{
    int error = job->cloned ? sums_read(job) : job->stale != NULL ? stale_copy(job) : 0;

    if (error == 0 && !stored_look(job->dirfd, job->content, job->content))
        error = -EIO;
    return error == 0 ? 0
                      : ckpt_error_set(err, -error, "complete '%s': %s", job->content->name,
                                       strerror(-error));
}

void content_job_free(struct content_job *job)
{
    free(job->stale);
    job->stale = NULL;
}

int content_copy_to(int from, int to, uint64_t size)
{
    cleanup_free char *bytes = NULL;
    struct stat status;

    if (fstat(from, &status) < 0)
        return -errno;
    /* A content may be longer than what one generation has of it. */
    if (ioctl(to, FICLONE, from) == 0)
        return ftruncate(to, (off_t)size) < 0 ? -errno : 0;
    bytes = malloc(CONTENT_BLOCK);
    if (bytes == NULL)
        return -ENOMEM;
    for (uint64_t at = 0; at < size;) {
        off_t data = lseek(from, (off_t)at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        at = data < 0 ? at : (uint64_t)data;
        if (at >= size)
            break;
        size_t wanted = size - at < CONTENT_BLOCK ? (size_t)(size - at) : CONTENT_BLOCK;
        ssize_t got = pread_full(from, bytes, wanted, (off_t)at);
        if (got != (ssize_t)wanted)
            return got < 0 ? -errno : -EIO;
        int error = data_write(from, to, bytes, (off_t)at, 0, wanted);
        if (error < 0)
            return error;
        at += wanted;
    }
    return ftruncate(to, (off_t)size) < 0 ? -errno : 0;
}
