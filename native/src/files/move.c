/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Two passes: what only the second directory has goes; then each name of the first goes over, directories that both have
 * name by name. What had to be copied is removed from the first when all copies have reached the disk. */
#include "files/move.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "files/move_steps.h"
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct names {
    char **list;
    size_t count;
};

struct moving {
    const struct move *move;
    bool copied;
    /* In the first directory: copied files, and directories after what was in them. */
    struct names left_over;
    struct move_copies copies;
};

static int failed(struct ckpt_error *err, int error, const char *path)
{
    return ckpt_error_set(err, -error, "move '%s': %s", path, strerror(-error));
}

/* ---- names ---- */

static int name_keep(struct names *names, const char *name)
{
    char **place = array_add(&names->list, &names->count, sizeof(*names->list));

    if (place == NULL)
        return -ENOMEM;
    *place = strdup(name);
    return *place == NULL ? -ENOMEM : 0;
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
}

/* All of a directory, which path leads to, before any of them goes. */
static int names_read(int top, const char *path, struct names *ret)
{
    int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    int error = dir == NULL ? -errno : 0;

    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = name_keep(ret, entry->d_name);
    }
    return error < 0 ? error : -errno;
}

static int path_join(char ret[PATH_MAX], const char *directory, const char *name)
{
    bool top = strcmp(directory, ".") == 0;
    int length = snprintf(ret, PATH_MAX, "%s%s%s", top ? "" : directory, top ? "" : "/", name);

    return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* In either directory. */
static bool is_left_alone(const struct move *move, const char *path, const struct stat *status)
{
    if (strchr(path, '/') == NULL && walk_leaves_out(path, move->excludes, move->exclude_count))
        return true;
    for (size_t i = 0; i < move->held_count; i++) {
        if (status_is_same(status, &move->held[i]))
            return true;
    }
    return false;
}

/* It stays there if it is there. */
static bool is_each_ones_own(const struct move *move, const char *path)
{
    bool own = false;

    for (size_t i = 0; i < move->each_own_count; i++)
        own |= fnmatch(move->each_own[i], path, 0) == 0;
    return own && strchr(path, '/') == NULL;
}

/* Of a directory of which we need everything for a while. */
static int directory_open_up(int top, const char *path, const struct stat *status)
{
    return (status->st_mode & S_IRWXU) != S_IRWXU &&
                   fchmodat(top, path, (status->st_mode & 07777) | S_IRWXU, 0) < 0
               ? -errno
               : 0;
}

/* ---- what only the second has ---- */

static int needless_remove(const struct move *move, const char *directory, struct ckpt_error *err);

static int needless_look(const struct move *move, const char *path, struct ckpt_error *err)
{
    struct stat here, there;
    int error = 0;

    if (fstatat(move->to, path, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(err, -errno, path);
    if (is_left_alone(move, path, &there) || is_each_ones_own(move, path))
        return 0;
    if (fstatat(move->from, path, &here, AT_SYMLINK_NOFOLLOW) < 0)
        error = remove_tree_at(move->to, path);
    else if (S_ISDIR(here.st_mode) && S_ISDIR(there.st_mode)) {
        error = directory_open_up(move->to, path, &there);
        if (error == 0)
            return needless_remove(move, path, err);
    }
    return error < 0 ? failed(err, error, path) : 0;
}

static int needless_remove(const struct move *move, const char *directory, struct ckpt_error *err)
{
    struct names names = {0};
    char path[PATH_MAX];
    int error = names_read(move->to, directory, &names);

    if (error < 0)
        failed(err, error, directory);
    for (size_t i = 0; error == 0 && i < names.count; i++) {
        error = path_join(path, directory, names.list[i]);
        error = error < 0 ? failed(err, error, directory) : needless_look(move, path, err);
    }
    names_free(&names);
    return error;
}

/* ---- moving ---- */

/* A directory that changes its parent has to be writable itself. */
static int renamed(const struct move *move, const char *path, const struct stat *status)
{
    bool closed = S_ISDIR(status->st_mode) && (status->st_mode & S_IWUSR) == 0;

    if (closed && directory_open_up(move->from, path, status) < 0)
        return -errno;
    int error = renameat(move->from, path, move->to, path) < 0 ? -errno : 0;
    if (closed &&
        fchmodat(error == 0 ? move->to : move->from, path, status->st_mode & 07777, 0) < 0)
        return -errno;
    return error;
}

static int all_move(struct moving *moving, const char *directory, struct ckpt_error *err);

static int directory_move(struct moving *moving, const char *path, const struct stat *status,
                          struct ckpt_error *err)
{
    const struct move *move = moving->move;
    int error = mkdirat(move->to, path, 0700) < 0 && errno != EEXIST ? -errno : 0;

    if (error == 0)
        error = directory_open_up(move->from, path, status);
    if (error < 0)
        return failed(err, error, path);
    error = all_move(moving, path, err);
    if (error < 0)
        return error;
    error = move_attributes(move, path, status);
    if (error == 0)
        error = name_keep(&moving->left_over, path);
    return error < 0 ? failed(err, error, path) : 0;
}

static int file_move(struct moving *moving, const char *path, const struct stat *status)
{
    const struct move *move = moving->move;
    bool stays = move_refers_to(move, path, status);
    int error = stays ? (linkat(move->from, path, move->to, path, 0) < 0 ? -errno : 0)
                      : renamed(move, path, status);

    if (error != -EXDEV && !(stays && (error == -EPERM || error == -EMLINK)))
        return error;
    moving->copied = true;
    error = move_copy(move, &moving->copies, path, status);
    return error < 0 || stays ? error : name_keep(&moving->left_over, path);
}

static int name_move(struct moving *moving, const char *path, struct ckpt_error *err)
{
    const struct move *move = moving->move;
    struct stat here, there;
    bool both, directory;
    int error = 0;

    if (fstatat(move->from, path, &here, AT_SYMLINK_NOFOLLOW) < 0)
        return failed(err, -errno, path);
    both = fstatat(move->to, path, &there, AT_SYMLINK_NOFOLLOW) == 0;
    directory = S_ISDIR(here.st_mode);
    if (is_left_alone(move, path, &here) || move_passes_over(move, path))
        return 0;
    if (both && (is_left_alone(move, path, &there) || is_each_ones_own(move, path) ||
                 move_finds(move, path, &here, &there)))
        return 0;
    if (directory && both && S_ISDIR(there.st_mode))
        return directory_move(moving, path, &here, err);
    if (both)
        error = remove_tree_at(move->to, path);
    if (error == 0 && !directory)
        error = file_move(moving, path, &here);
    else if (error == 0)
        error = move_refers_into(move, path) ? -EXDEV : renamed(move, path, &here);
    if (directory && error == -EXDEV)
        return directory_move(moving, path, &here, err);
    return error < 0 ? failed(err, error, path) : 0;
}

static int all_move(struct moving *moving, const char *directory, struct ckpt_error *err)
{
    struct names names = {0};
    char path[PATH_MAX];
    int error = names_read(moving->move->from, directory, &names);

    if (error < 0)
        failed(err, error, directory);
    for (size_t i = 0; error == 0 && i < names.count; i++) {
        error = path_join(path, directory, names.list[i]);
        error = error < 0 ? failed(err, error, directory) : name_move(moving, path, err);
    }
    names_free(&names);
    return error;
}

/* What is not empty holds what stays behind. */
static int left_over_remove(const struct moving *moving, struct ckpt_error *err)
{
    const struct names *left_over = &moving->left_over;

    if (moving->copied && syncfs(moving->move->to) < 0)
        return ckpt_error_errno(err, "write what was moved to the disk");
    for (size_t i = 0; i < left_over->count; i++) {
        const char *path = left_over->list[i];
        if (unlinkat(moving->move->from, path, 0) < 0)
            unlinkat(moving->move->from, path, AT_REMOVEDIR);
    }
    return 0;
}

/* Nothing hangs on it. */
static void rest_remove(const struct move *move)
{
    struct names names = {0};
    struct stat status;

    names_read(move->from, ".", &names);
    for (size_t i = 0; i < names.count; i++) {
        bool held = fstatat(move->from, names.list[i], &status, AT_SYMLINK_NOFOLLOW) < 0;
        for (size_t j = 0; j < move->held_count; j++)
            held |= status_is_same(&status, &move->held[j]);
        if (!held)
            remove_tree_at(move->from, names.list[i]);
    }
    names_free(&names);
}

int move_files(const struct move *move, struct ckpt_error *err)
{
    struct moving moving = {.move = move};
    int error = needless_remove(move, ".", err);

    if (error == 0)
        error = all_move(&moving, ".", err);
    if (error == 0)
        error = left_over_remove(&moving, err);
    if (error == 0 && move->clears)
        rest_remove(move);
    move_copies_free(&moving.copies);
    names_free(&moving.left_over);
    return error;
}
