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

#define ASIDE ".ckpt-aside" /* in the new directory, what stood in the way, by its old name */

struct place {
    int to, aside;
    char **names; /* of the top level that have been copied */
    size_t count;
    struct stat store, target; /* never copied; the new directory may lie in the old one */
    struct stat
        held[2]; /* entries of the new directory that hold the store, the old directory; or zero */
};

static int entry_copy(const struct place *place, int from, int to, const char *name);

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

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

static int file_copy(int from, int to, const char *name, off_t size)
{
    cleanup_fd int source = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_fd int target = -1;

    if (source < 0)
        return -errno;
    target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return target < 0 ? -errno : bytes_copy(source, target, size);
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

static int directory_copy(const struct place *place, int from, int to, const char *name)
{
    struct dirent *entry;
    int error = 0;

    if (mkdirat(to, name, 0700) < 0)
        return -errno;
    cleanup_fd int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_dir DIR *dir = source < 0 ? NULL : fdopendir(source);
    if (target < 0 || dir == NULL)
        return -errno;
    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = entry_copy(place, dirfd(dir), target, entry->d_name);
    }
    return error < 0 ? error : -errno;
}

/* Last, since a directory may be closed even to its owner. Only root can give files away. */
static int attributes_copy(int to, const char *name, const struct stat *status)
{
    struct timespec times[2] = {status->st_atim, status->st_mtim};

    if (geteuid() == 0 &&
        fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
        errno != EPERM && errno != EINVAL)
        return -errno;
    if (!S_ISLNK(status->st_mode) && fchmodat(to, name, status->st_mode & 07777, 0) < 0)
        return -errno;
    return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int entry_copy(const struct place *place, int from, int to, const char *name)
{
    struct stat status;
    int error;

    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (is_same(&status, &place->store) || is_same(&status, &place->target))
        return 0;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG:
        error = file_copy(from, to, name, status.st_size);
        break;
    case S_IFLNK:
        error = link_copy(from, to, name);
        break;
    case S_IFDIR:
        error = directory_copy(place, from, to, name);
        break;
    case S_IFIFO:
        error = mkfifoat(to, name, 0600) < 0 ? -errno : 0;
        break;
    default: /* a socket is dead without its process */
        return 0;
    }
    return error < 0 ? error : attributes_copy(to, name, &status);
}

static bool is_excluded(const char *name, char *const *excludes, size_t count)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ASIDE) == 0)
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

    return fstatat(at, name, &status, 0) == 0 && is_same(&status, other);
}

/* Out of the way; nothing may be there. */
static int entry_set_aside(struct place *place, const char *name)
{
    struct stat status;

    if (fstatat(place->to, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (is_same(&status, &place->held[0]) || is_same(&status, &place->held[1]))
        return -EBUSY;
    return renameat(place->to, name, place->aside, name) < 0 ? -errno : 0;
}

static int top_copy(struct place *place, int from, const char *name)
{
    void *grown = reallocarray(place->names, place->count + 1, sizeof(char *));

    if (grown == NULL)
        return -ENOMEM;
    place->names = grown;
    char *kept = strdup(name);
    int error = kept == NULL ? -ENOMEM : entry_set_aside(place, name);
    if (error < 0) {
        free(kept);
        return error;
    }
    place->names[place->count++] = kept;
    return entry_copy(place, from, place->to, name);
}

/* Puts everything back that stands aside in the directory to. */
static int aside_restore(int to)
{
    struct dirent *entry;
    int error = 0;
    int fd = openat(to, ASIDE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    cleanup_dir DIR *dir = fdopendir(fd);
    if (dir == NULL)
        return -errno;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (remove_tree_at(to, entry->d_name) < 0 ||
            renameat(dirfd(dir), entry->d_name, to, entry->d_name) < 0)
            error = -errno;
    }
    return error == 0 && unlinkat(to, ASIDE, AT_REMOVEDIR) < 0 ? -errno : error;
}

static void place_end(struct place *place, bool keep_copy)
{
    if (place == NULL)
        return;
    for (size_t i = 0; i < place->count; i++) {
        if (!keep_copy)
            remove_tree_at(place->to, place->names[i]);
        free(place->names[i]);
    }
    if (place->to >= 0) {
        if (keep_copy)
            remove_tree_at(place->to, ASIDE);
        else
            aside_restore(place->to);
        close(place->to);
    }
    if (place->aside >= 0)
        close(place->aside);
    free(place->names);
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
                    struct ckpt_error *err)
{
    struct dirent *entry;
    int error = 0;
    cleanup_dir DIR *dir = fdopendir(from);

    if (dir == NULL)
        return ckpt_error_errno(err, "list the last working directory");
    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (is_excluded(entry->d_name, excludes, exclude_count) ||
            is_directory(from, entry->d_name, &place->store) ||
            is_directory(place->to, entry->d_name, &place->store))
            continue;
        error = top_copy(place, from, entry->d_name);
        if (error == -EBUSY)
            return ckpt_error_set(err, EBUSY,
                                  "'%s' in the new working directory cannot be replaced: the store "
                                  "or the last working directory lies in it",
                                  entry->d_name);
        if (error < 0)
            return ckpt_error_set(err, -error, "copy '%s' into the new working directory: %s",
                                  entry->d_name, strerror(-error));
    }
    return errno == 0 ? 0 : ckpt_error_errno(err, "list the last working directory");
}

/* The entry of the directory top on the way to path, or zeroes when path does not lie below it. */
static void entry_above(const char *path, const struct stat *top, struct stat *ret)
{
    struct stat status, before = {0};
    cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    memset(ret, 0, sizeof(*ret));
    while (fd >= 0 && fstat(fd, &status) == 0 && !is_same(&status, &before)) {
        if (is_same(&status, top)) {
            *ret = before;
            return;
        }
        before = status;
        int parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = parent;
    }
}

/* One that was killed while it copied has left things aside. */
static int aside_make(struct place *place, struct ckpt_error *err)
{
    if (aside_restore(place->to) < 0 || mkdirat(place->to, ASIDE, 0700) < 0)
        return ckpt_error_errno(err, "make '%s' in the new working directory", ASIDE);
    place->aside = openat(place->to, ASIDE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return place->aside < 0 ? ckpt_error_errno(err, "open '%s'", ASIDE) : 0;
}

static int place_fill(struct place *place, const char *from, const char *to, const char *store,
                      struct ckpt_error *err)
{
    if (stat(store, &place->store) < 0)
        return ckpt_error_errno(err, "stat '%s'", store);
    place->to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->to < 0 || fstat(place->to, &place->target) < 0)
        return ckpt_error_errno(err, "open '%s'", to);
    entry_above(store, &place->target, &place->held[0]);
    entry_above(from, &place->target, &place->held[1]);
    return aside_make(place, err);
}

int place_make(const char *from, const char *to, char *const *excludes, size_t exclude_count,
               const char *store, struct place **ret, struct ckpt_error *err)
{
    struct stat here, there;

    *ret = NULL;
    if (strcmp(from, to) == 0)
        return 0;
    if (stat(from, &there) < 0)
        return ckpt_error_errno(err, "open the last working directory '%s'", from);
    if (stat(to, &here) == 0 && is_same(&here, &there))
        return 0;
    cleanup_fd int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source < 0)
        return ckpt_error_errno(err, "open the last working directory '%s'", from);
    struct place *place = calloc(1, sizeof(*place));
    if (place == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    place->to = place->aside = -1;
    int error = place_fill(place, from, to, store, err);
    if (error == 0)
        error = all_copy(place, steal_fd(&source), excludes, exclude_count, err);
    if (error < 0) {
        place_undo(place);
        return error;
    }
    *ret = place;
    return 0;
}
