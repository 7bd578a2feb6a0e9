/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Files outside of the working directory that links in it lead to: they are no part of an image. */
#include "files/inputs.h"

#include "files/attributes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int input_check(const struct file_entry *entry, const char *workdir, struct ckpt_error *err)
{
    char path[2 * PATH_MAX];
    struct file_entry now = {0};
    struct stat status;
    const char *slash = strrchr(entry->path, '/');
    int directory = slash == NULL ? 0 : (int)(slash - entry->path);

    if (entry->target[0] == '/')
        snprintf(path, sizeof(path), "%s", entry->target);
    else
        snprintf(path, sizeof(path), "%s/%.*s/%s", workdir, directory, entry->path, entry->target);
    if (stat(path, &status) < 0)
        return ckpt_error_set(err, ESTALE, "the input '%s' (%s) is gone: %s", entry->path,
                              entry->target, strerror(errno));
    attributes_from_status(&status, &now);
    if (now.kind != FILE_REGULAR || now.stamp.size != entry->input_size ||
        now.stamp.mtime_ns != entry->input_mtime_ns)
        return ckpt_error_set(err, ESTALE, "the input '%s' (%s) has changed since the checkpoint",
                              entry->path, entry->target);
    return 0;
}

int inputs_check(const struct catalog *catalog, const char *workdir, struct ckpt_error *err)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < catalog->count; i++) {
        const struct file_entry *entry = &catalog->entries[i];
        if (!entry->outside && entry->kind == FILE_SYMLINK && entry->input_mtime_ns >= 0)
            error = input_check(entry, workdir, err);
    }
    return error;
}
