/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Copying a working directory, entry by entry. Blocks are shared where the filesystem can (FICLONE), modification times
 * are kept, links stay links. */
#include "restore/place.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASIDE ".ckpt-aside."

struct place {
    int to;
    char **names; /* of the top level that have been copied */
    size_t count;
};

static int entry_copy(int from, int to, const char *name);

static int bytes_copy(int from, int to, off_t size)
{
    char buffer[65536];

    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    for (off_t at = 0; at < size;) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        at = data < 0 ? at : data;
        ssize_t got = pread_full(from, buffer, sizeof(buffer), at);
        if (got < 0 || pwrite_full(to, buffer, (size_t)got, at) < 0)
            return -errno;
        if (got == 0)
            break;
        at += got;
    }
    return ftruncate(to, size) < 0 ? -errno : 0;
}

static int file_copy(int from, int to, const char *name, const struct stat *status)
{
    cleanup_fd int source = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_fd int target =
        openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct timespec times[2] = {status->st_atim, status->st_mtim};

    if (source < 0 || target < 0)
        return -errno;
    int error = bytes_copy(source, target, status->st_size);
    if (error == 0 && (fchmod(target, status->st_mode & 07777) < 0 || futimens(target, times) < 0))
        error = -errno;
    return error;
}

static int link_copy(int from, int to, const char *name)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

    if (length < 0)
        return -errno;
    target[length] = 0;
    return symlinkat(target, to, name) < 0 ? -errno : 0;
}

static int directory_copy(int from, int to, const char *name, const struct stat *status)
{
    struct timespec times[2] = {status->st_atim, status->st_mtim};
    struct dirent *entry;
    int error = 0;

    if (mkdirat(to, name, 0700) < 0)
        return -errno;
    cleanup_fd int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_dir DIR *dir = source < 0 ? NULL : fdopendir(source);
    if (target < 0 || dir == NULL)
        return -errno;
    while (error == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = entry_copy(dirfd(dir), target, entry->d_name);
    }
    if (error == 0 && (fchmod(target, status->st_mode & 07777) < 0 || futimens(target, times) < 0))
        error = -errno;
    return error;
}

static int entry_copy(int from, int to, const char *name)
{
    struct stat status;

    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG:
        return file_copy(from, to, name, &status);
    case S_IFLNK:
        return link_copy(from, to, name);
    case S_IFDIR:
        return directory_copy(from, to, name, &status);
    case S_IFIFO:
        return mkfifoat(to, name, status.st_mode & 07777) < 0 ? -errno : 0;
    default: /* a socket is dead without its process */
        return 0;
    }
}

static bool is_excluded(const char *name, char *const *excludes, size_t count)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (fnmatch(excludes[i], name, 0) == 0)
            return true;
    }
    return false;
}

static bool is_directory(int at, const char *name, const struct stat *other)
{
    struct stat status;

    return fstatat(at, name, &status, 0) == 0 && status.st_ino == other->st_ino &&
           status.st_dev == other->st_dev;
}

static void aside_name(const char *name, char aside[NAME_MAX + 1])
{
    snprintf(aside, NAME_MAX + 1, ASIDE "%.200s", name);
}

static int top_copy(struct place *place, int from, const char *name)
{
    char aside[NAME_MAX + 1];
    void *grown = reallocarray(place->names, place->count + 1, sizeof(char *));

    if (grown == NULL)
        return -ENOMEM;
    place->names = grown;
    place->names[place->count] = strdup(name);
    if (place->names[place->count] == NULL)
        return -ENOMEM;
    aside_name(name, aside);
    if (renameat(place->to, name, place->to, aside) < 0 && errno != ENOENT)
        return -errno;
    place->count++;
    return entry_copy(from, place->to, name);
}

static void place_end(struct place *place, bool keep_copy)
{
    char aside[NAME_MAX + 1];

    if (place == NULL)
        return;
    for (size_t i = 0; i < place->count; i++) {
        aside_name(place->names[i], aside);
        if (keep_copy) {
            remove_tree_at(place->to, aside);
        } else {
            remove_tree_at(place->to, place->names[i]);
            renameat(place->to, aside, place->to, place->names[i]);
        }
        free(place->names[i]);
    }
    free(place->names);
    close(place->to);
    free(place);
}

void place_commit(struct place *place)
{
    place_end(place, true);
}

void place_undo(struct place *place)
{
    place_end(place, false);
}

static int all_copy(struct place *place, int from, char *const *excludes, size_t exclude_count,
                    const struct stat *store, struct ckpt_error *err)
{
    struct dirent *entry;
    cleanup_dir DIR *dir = fdopendir(from);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (is_excluded(entry->d_name, excludes, exclude_count) ||
            is_directory(from, entry->d_name, store))
            continue;
        int error = top_copy(place, from, entry->d_name);
        if (error < 0)
            return ckpt_error_set(err, -error, "copy '%s' into the new working directory: %s",
                                  entry->d_name, strerror(-error));
    }
    return 0;
}

int place_make(const char *from, const char *to, char *const *excludes, size_t exclude_count,
               const char *store, struct place **ret, struct ckpt_error *err)
{
    struct stat here, there, store_status = {0};

    *ret = NULL;
    if (strcmp(from, to) == 0)
        return 0;
    if (stat(from, &there) < 0)
        return ckpt_error_errno(err, "open the last working directory '%s'", from);
    if (stat(to, &here) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev)
        return 0;
    if (stat(store, &store_status) < 0)
        return ckpt_error_errno(err, "stat '%s'", store);
    struct place *place = calloc(1, sizeof(*place));
    int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place == NULL || source < 0)
        return ckpt_error_errno(err, "open the last working directory '%s'", from);
    place->to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = place->to < 0
                    ? ckpt_error_errno(err, "open '%s'", to)
                    : all_copy(place, source, excludes, exclude_count, &store_status, err);
    if (error < 0) {
        place_undo(place);
        return error;
    }
    *ret = place;
    return 0;
}
