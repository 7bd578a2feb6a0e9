/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Files that cannot be renamed into the second directory are copied; one with several names stays one file. */
#include "common/array.h"
#include "common/cleanup.h"
#include "files/attributes.h"
#include "files/content.h"
#include "files/move_steps.h"
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *twin_find(const struct move_copies *copies, const struct stat *status)
{
    for (size_t i = 0; i < copies->count; i++) {
        if (copies->list[i].device == status->st_dev && copies->list[i].inode == status->st_ino)
            return copies->list[i].path;
    }
    return NULL;
}

static int twin_keep(struct move_copies *copies, const char *path, const struct stat *status)
{
    struct move_copy *twin = array_add(&copies->list, &copies->count, sizeof(*copies->list));

    if (twin == NULL)
        return -ENOMEM;
    *twin = (struct move_copy){status->st_dev, status->st_ino, strdup(path)};
    return twin->path == NULL ? -ENOMEM : 0;
}

static int regular_copy(const struct move *move, const char *path, const struct stat *status)
{
    cleanup_fd int from = open_for_reading(move->from, path, 0, status);
    cleanup_fd int to =
        from < 0
            ? -1
            : openat(move->to, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    return to < 0 ? -errno : content_copy_to(from, to, (uint64_t)status->st_size);
}

static int link_copy(const struct move *move, const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(move->from, path, target, sizeof(target) - 1);

    if (length < 0)
        return -errno;
    target[length] = 0;
    return symlinkat(target, move->to, path) < 0 ? -errno : 0;
}

int move_attributes(const struct move *move, const char *path, const struct stat *status)
{
    struct catalog one = {0}; /* owns the entry */
    struct file_entry *entry = catalog_add(&one);
    int error = entry == NULL ? -ENOMEM : 0;

    if (error == 0) {
        attributes_from_status(status, entry);
        error = xattrs_save(move->from, path, entry);
    }
    if (error == 0)
        error = attributes_restore(move->to, path, entry);
    catalog_free(&one);
    return error;
}

int move_copy(const struct move *move, struct move_copies *copies, const char *path,
              const struct stat *status)
{
    const char *twin = status->st_nlink > 1 ? twin_find(copies, status) : NULL;
    int error;

    if (S_ISSOCK(status->st_mode))
        return 0; /* nobody is behind it any more */
    if (twin != NULL)
        return linkat(move->to, twin, move->to, path, 0) < 0 ? -errno : 0;
    if (S_ISREG(status->st_mode))
        error = regular_copy(move, path, status);
    else if (S_ISLNK(status->st_mode))
        error = link_copy(move, path);
    else
        error = mknodat(move->to, path, (status->st_mode & S_IFMT) | 0600, status->st_rdev) < 0
                    ? -errno
                    : 0;
    if (error == 0)
        error = move_attributes(move, path, status);
    if (error == 0 && status->st_nlink > 1)
        error = twin_keep(copies, path, status);
    return error;
}

void move_copies_free(struct move_copies *copies)
{
    for (size_t i = 0; i < copies->count; i++)
        free(copies->list[i].path);
    free(copies->list);
}
