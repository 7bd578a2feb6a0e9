/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What stands in the way of a rollback, before anything is touched: files that cannot be brought back. */
#include "files/attributes.h"
#include "files/rollback.h"
#include "files/rollback_steps.h"

#include <errno.h>
#include <fcntl.h>

/* Somebody else's file under the name of one that the tree has made, on another host. */
static int owner_check(const struct rollback *rollback, const struct file_entry *entry,
                       struct ckpt_error *err)
{
    struct stat status;

    if (!entry->outside || entry->kind == FILE_FOREIGN || entry->kind == FILE_DIRECTORY ||
        fstatat(rollback->to, entry->path, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        status.st_uid == entry->uid)
        return 0;
    return ckpt_error_set(err, ESTALE, "'/%s', which it had made, is user %u's here", entry->path,
                          (unsigned)status.st_uid);
}

int rollback_check(const struct rollback *rollback, struct ckpt_error *err)
{
    struct stat status;

    for (size_t i = 0; rollback->outside && i < rollback->catalog->count; i++) {
        int error = owner_check(rollback, &rollback->catalog->entries[i], err);
        if (error < 0)
            return error;
    }
    for (size_t i = 0; i < rollback->catalog->count; i++) {
        const struct file_entry *entry = &rollback->catalog->entries[i];
        if (entry->outside != rollback->outside || !file_is_by_reference(entry) ||
            rollback_leaves_alone(rollback, entry->path))
            continue;
        if (fstatat(rollback->from, entry->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
            return ckpt_error_set(err, ESTALE, "'%s', which was there before the command, is gone",
                                  entry->path);
        if (!file_is_unchanged(entry, &status))
            return ckpt_error_set(err, ESTALE,
                                  "'%s', which was there before the command, has changed since",
                                  entry->path);
    }
    return 0;
}
