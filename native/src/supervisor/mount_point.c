/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Making and removing the mount point. Other hosts and people see it, being empty, while the task runs. */
#include "supervisor/mount_point.h"

#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

int mount_point_make(struct mount_point *point, const char *path, struct ckpt_error *err)
{
    size_t found = found_length(path);

    if (mkdir_p(path, 0777) < 0)
        return ckpt_error_errno(err, "make '%s', where the tree expects to be", path);
    if (point->path != NULL || found == strlen(path))
        return 0; /* an earlier try has made it */
    point->path = strdup(path);
    point->found = found;
    return 0;
}

void mount_point_remove(struct mount_point *point)
{
    while (point->path != NULL && strlen(point->path) > point->found && rmdir(point->path) == 0)
        path_shorten(point->path);
    free(point->path);
    point->path = NULL;
}
