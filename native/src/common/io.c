/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whole reads and writes, atomic replacement of small files, making and removing trees. Used by
 * store, supervisor and command line; nothing here knows what the files mean. */
#include "common/io.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Offsets: NULL is where the descriptor stands. */
static ssize_t read_at(int fd, char *data, size_t size, const off_t *offset)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = offset == NULL ? read(fd, data + done, size - done)
                                   : pread(fd, data + done, size - done, *offset + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static int write_at(int fd, const char *data, size_t size, const off_t *offset)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = offset == NULL ? write(fd, data + done, size - done)
                                   : pwrite(fd, data + done, size - done, *offset + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        done += (size_t)n;
    }
    return 0;
}

ssize_t read_full(int fd, void *data, size_t size)
{
    return read_at(fd, data, size, NULL);
}

ssize_t pread_full(int fd, void *data, size_t size, off_t offset)
{
    return read_at(fd, data, size, &offset);
}

int write_full(int fd, const void *data, size_t size)
{
    return write_at(fd, data, size, NULL);
}

int pwrite_full(int fd, const void *data, size_t size, off_t offset)
{
    return write_at(fd, data, size, &offset);
}

static int fail(int code)
{
    errno = code;
    return -code;
}

int read_file_at(int dirfd, const char *name, size_t limit, char **ret_data, size_t *ret_size)
{
    cleanup_free char *data = NULL;
    cleanup_fd int fd = -1;
    struct stat st;
    ssize_t n;

    /* O_NONBLOCK: a FIFO put there must not hang us. */
    fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return fail(EINVAL);
    if ((uint64_t)st.st_size > limit)
        return fail(EFBIG);
    data = malloc((size_t)st.st_size + 1);
    if (!data)
        return fail(ENOMEM);
    n = read_full(fd, data, (size_t)st.st_size);
    if (n < 0)
        return (int)n;
    data[n] = '\0';
    *ret_data = data;
    if (ret_size)
        *ret_size = (size_t)n;
    data = NULL;
    return 0;
}

int write_file_atomic_at(int dirfd, const char *name, const void *data, size_t size, bool sync)
{
    char temporary[NAME_MAX + 1];
    cleanup_fd int fd = -1;
    int r;

    /* The same name each time, so that what a crash leaves is used again instead of piling up. */
    if (snprintf(temporary, sizeof(temporary), ".%s.tmp", name) >= (int)sizeof(temporary))
        return fail(ENAMETOOLONG);
    fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    r = write_full(fd, data, size);
    if (r == 0 && sync && fsync(fd) < 0)
        r = -errno;
    /* close() is where a network filesystem reports a full disk. */
    if (close(steal_fd(&fd)) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
        r = -errno;
    if (r < 0) {
        unlinkat(dirfd, temporary, 0);
        return fail(-r);
    }
    if (sync) {
        cleanup_fd int dir = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (dir < 0 || fsync(dir) < 0)
            return -errno;
    }
    return 0;
}

void directory_refresh(int dirfd)
{
    struct statx unused;

    syscall(SYS_statx, dirfd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_MTIME, &unused);
}

int mkdir_p(const char *path, mode_t mode)
{
    cleanup_free char *copy = strdup(path);
    struct stat st;

    if (!copy)
        return fail(ENOMEM);
    if (!*copy)
        return fail(ENOENT);
    if (mkdir(copy, mode) == 0)
        return 0;
    for (char *slash = copy + 1;; slash++) {
        char kept = *slash;

        if (kept && kept != '/')
            continue;
        *slash = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST) {
            int code = errno; /* not that of stat(): it says why nothing is there */

            if (stat(copy, &st) < 0)
                return fail(code);
        }
        *slash = kept;
        if (!kept)
            break;
    }
    if (stat(copy, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : fail(ENOTDIR);
}

static int remove_below(int parent, const char *name)
{
    cleanup_dir DIR *dir = NULL;
    cleanup_fd int fd = -1;
    struct dirent *entry;
    int result = 0;

    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    dir = fdopendir(fd);
    if (!dir)
        return -errno;
    steal_fd(&fd);
    while ((entry = readdir(dir))) {
        int r;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        r = remove_tree_at(dirfd(dir), entry->d_name);
        /* Its owner may have closed the directory even to himself. */
        if (r == -EACCES && fchmod(dirfd(dir), 0700) == 0)
            r = remove_tree_at(dirfd(dir), entry->d_name);
        if (r < 0 && result == 0)
            result = r;
    }
    return result;
}

int remove_tree_at(int dirfd, const char *name)
{
    int r;

    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    r = remove_below(dirfd, name);
    if (r < 0)
        return fail(-r);
    if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return -errno;
    return 0;
}

bool status_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

bool paths_are_same(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && status_is_same(&one, &other);
}

bool path_names(int dirfd, const char *path, int flags, int fd)
{
    struct stat named, opened;

    return fstat(fd, &opened) == 0 && fstatat(dirfd, path, &named, flags) == 0 &&
           status_is_same(&named, &opened);
}
