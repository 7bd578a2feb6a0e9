/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Walking a directory. */
#include "files/walk.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool walk_leaves_out(const char *name, char *const *excludes, size_t exclude_count)
{
    if (strncmp(name, ASIDE_PREFIX, strlen(ASIDE_PREFIX)) == 0)
        return true;
    for (size_t i = 0; i < exclude_count; i++) {
        if (fnmatch(excludes[i], name, 0) == 0)
            return true;
    }
    return false;
}

int open_for_reading(int directory, const char *name, int flags, const struct stat *status)
{
    flags |= O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = openat(directory, name, flags | O_NOATIME); /* for its owner only */

    if (fd < 0 && errno == EPERM)
        fd = openat(directory, name, flags);
    if (fd >= 0 || errno != EACCES ||
        fchmodat(directory, name, (status->st_mode & 07777) | S_IRUSR | S_IXUSR, 0) < 0)
        return fd;
    fd = openat(directory, name, flags);
    int error = errno;
    if (fchmodat(directory, name, status->st_mode & 07777, 0) < 0 && fd >= 0) {
        error = errno;
        close(fd);
        fd = -1;
    }
    errno = error;
    return fd;
}

static size_t slashes(const char *path)
{
    size_t count = 0;

    for (; *path != 0; path++)
        count += *path == '/';
    return count;
}

/* Whether a link leads out of the working directory: what it leads to inside belongs to the generation. */
static bool leads_outside(const struct walk *walk, const struct file_entry *entry)
{
    const char *target = entry->target;
    size_t up = 0, length = walk->workdir == NULL ? 0 : strlen(walk->workdir);

    if (target[0] == '/')
        return length == 0 || strncmp(target, walk->workdir, length) != 0 || target[length] != '/';
    for (; strncmp(target, "../", 3) == 0; target += 3)
        up++;
    return up > slashes(entry->path);
}

/* The regular file outside that a link leads to: what the task reads, and has to find again. */
static void input_note(const struct walk *walk, int directory, const char *name,
                       struct file_entry *entry)
{
    struct stat status;
    struct file_entry input = {0};

    if (!leads_outside(walk, entry))
        return;
    if (fstatat(directory, name, &status, 0) < 0 || !S_ISREG(status.st_mode))
        return;
    attributes_from_status(&status, &input);
    entry->input_size = input.stamp.size;
    entry->input_mtime_ns = input.stamp.mtime_ns;
}

static int link_note(const struct walk *walk, int directory, const char *name,
                     struct file_entry *entry)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);

    if (length < 0)
        return -errno;
    target[length] = 0;
    entry->target = strdup(target);
    if (entry->target == NULL)
        return -ENOMEM;
    input_note(walk, directory, name, entry);
    return 0;
}

static int entry_fill(const struct walk *walk, int directory, const char *name,
                      const struct stat *status, struct file_entry *entry)
{
    const struct file_entry *before;

    attributes_from_status(status, entry);
    entry->outside = walk->outside;
    for (size_t i = 0; i < walk->foreign_count; i++) {
        if (walk->foreign[i].st_ino != 0 && status_is_same(status, &walk->foreign[i]))
            entry->kind = FILE_FOREIGN;
    }
    if (walk->left_alone)
        entry->kind = FILE_FOREIGN;
    if (entry->kind == FILE_FOREIGN)
        return 0;
    before = walk->previous == NULL
                 ? NULL
                 : catalog_index_find(walk->previous, status->st_dev, status->st_ino);
    int error = entry->kind == FILE_SYMLINK ? link_note(walk, directory, name, entry) : 0;
    if (error < 0)
        return error;
    return before != NULL && before->stamp.ctime_ns == entry->stamp.ctime_ns
               ? xattrs_duplicate(before, entry)
               : xattrs_save(directory, name, entry);
}

static int directory_walk(const struct walk *walk, int directory, char *path,
                          struct ckpt_error *err);

static int failed(struct ckpt_error *err, int error, const char *path)
{
    return ckpt_error_set(err, -error, "keep '%s' of the working directory: %s", path,
                          strerror(-error));
}

/* One that is closed even to its owner is open for as long as it is walked. */
static int directory_visit(const struct walk *walk, int directory, const char *name,
                           const struct stat *status, char *path, struct ckpt_error *err)
{
    mode_t mode = status->st_mode & 07777, needed = S_IRUSR | S_IXUSR;
    bool closed = (mode & needed) != needed && geteuid() == status->st_uid && geteuid() != 0;

    if (closed && fchmodat(directory, name, mode | needed, 0) < 0)
        return failed(err, -errno, path);
    int fd = open_for_reading(directory, name, O_DIRECTORY, status);
    int error = fd < 0 ? failed(err, -errno, path) : directory_walk(walk, fd, path, err);
    if (closed && fchmodat(directory, name, mode, 0) < 0)
        return failed(err, -errno, path);
    return error;
}

/* path ends in name. */
static int name_walk(const struct walk *walk, int directory, const char *name, char *path,
                     struct ckpt_error *err)
{
    struct stat status;

    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) /* others may live here */
        return errno == ENOENT || errno == ENOTDIR ? 0 : failed(err, -errno, path);
    if (walk->left_out != NULL && status_is_same(&status, walk->left_out))
        return 0;
    size_t index = walk->catalog->count;
    struct file_entry *entry = catalog_add(walk->catalog);
    if (entry == NULL || (entry->path = strdup(path)) == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    int error = entry_fill(walk, directory, name, &status, entry);
    if (error < 0)
        return failed(err, error, path);
    if (entry->kind == FILE_REGULAR)
        return walk->regular(walk->context, directory, name, &status, index, err);
    if (entry->kind != FILE_DIRECTORY)
        return 0;
    return directory_visit(walk, directory, name, &status, path, err);
}

/* The descriptor becomes the walk's. */
static int directory_walk(const struct walk *walk, int directory, char *path,
                          struct ckpt_error *err)
{
    cleanup_dir DIR *dir = fdopendir(directory);
    size_t length = strlen(path);
    struct dirent *entry;
    int error = 0;

    if (dir == NULL) {
        error = failed(err, -errno, path);
        close(directory);
        return error;
    }
    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (length == 0 && walk_leaves_out(entry->d_name, walk->excludes, walk->exclude_count)))
            continue;
        if (length + strlen(entry->d_name) + 2 > PATH_MAX)
            return failed(err, -ENAMETOOLONG, path);
        sprintf(path + length, "%s%s", length > 0 ? "/" : "", entry->d_name);
        error = name_walk(walk, dirfd(dir), entry->d_name, path, err);
        path[length] = 0;
    }
    return error < 0 || errno == 0 ? error : failed(err, -errno, path);
}

int walk_directory(const struct walk *walk, int directory, struct ckpt_error *err)
{
    char path[PATH_MAX] = "";
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? failed(err, -errno, ".") : directory_walk(walk, fd, path, err);
}

int walk_name(const struct walk *walk, int directory, const char *name, struct ckpt_error *err)
{
    char path[PATH_MAX];

    if (strlen(name) >= sizeof(path))
        return failed(err, -ENAMETOOLONG, name);
    strcpy(path, name);
    return name_walk(walk, directory, name, path, err);
}
