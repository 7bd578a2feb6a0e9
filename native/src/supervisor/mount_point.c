/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Making and removing the mount point. Other hosts and people see it, being empty, while the task runs.
 *
 * Tasks that were moved together share what is above it, and the last one of them has to remove that, or a later one what
 * a killed one has left. So that they know what is theirs, it bears the sticky bit, which means nothing, and stands
 * nowhere else, where only the owner may write. */
#include "supervisor/mount_point.h"

#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE_HERE  (S_ISVTX | 0755)
#define MAKE_TRIES 5

/* Cuts the last component off. */
static void path_shorten(char *path)
{
    char *slash = strrchr(path, '/');

    *(slash == NULL || slash == path ? path + (slash != NULL) : slash) = 0;
}

static size_t found_length(const char *path)
{
    char *prefix = strdup(path);

    while (prefix != NULL && access(prefix, F_OK) < 0 && strlen(prefix) > 1)
        path_shorten(prefix);
    size_t length = prefix != NULL ? strlen(prefix) : strlen(path);
    free(prefix);
    return length;
}

bool mount_point_is_ours(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & S_ISVTX) != 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int mount_point_make(struct mount_point *point, const char *path, struct ckpt_error *err)
{
    size_t found = found_length(path);
    int error = mkdir_p(path, MADE_HERE);

    /* Whoever ends now removes what looks empty. */
    for (int tries = 1; error == -ENOENT && tries < MAKE_TRIES; tries++)
        error = mkdir_p(path, MADE_HERE);
    if (error < 0)
        return ckpt_error_errno(err, "make '%s', where the tree expects to be", path);
    if (point->path != NULL)
        return 0; /* an earlier try has made it */
    point->path = strdup(path);
    point->found = found;
    return 0;
}

void mount_point_remove(struct mount_point *point)
{
    while (point->path != NULL &&
           (strlen(point->path) > point->found || mount_point_is_ours(point->path)) &&
           rmdir(point->path) == 0)
        path_shorten(point->path);
    free(point->path);
    point->path = NULL;
}
