/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Three steps: what should not be there, or not like this, goes (rollback_remove.c); what is missing is made; modes and
 * times of directories come last, since making and removing needs the one and changes the other. */
#include "files/rollback.h"

#include "common/cleanup.h"
#include "files/attributes.h"
#include "files/content.h"
#include "files/rollback_steps.h"
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int rollback_failed(struct ckpt_error *err, int error, const char *path)
{
    return ckpt_error_set(err, -error, "bring back '%s': %s", path, strerror(-error));
}

bool rollback_leaves_alone(const struct rollback *rollback, const char *path)
{
    char top[NAME_MAX + 1];
    size_t length = strcspn(path, "/");

    if (rollback->outside || length > NAME_MAX)
        return false;
    memcpy(top, path, length);
    top[length] = 0;
    return walk_leaves_out(top, rollback->excludes, rollback->exclude_count);
}

/* ---- what is missing ---- */

static int regular_make(const struct rollback *rollback, const struct file_entry *entry)
{
    bool by_reference = file_is_by_reference(entry);
    cleanup_fd int from =
        openat(by_reference ? rollback->from : rollback->contents,
               by_reference ? entry->path : entry->content.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_fd int to = -1;

    if (from < 0)
        return -errno;
    to = openat(rollback->to, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                0600);
    return to < 0 ? -errno : content_copy_to(from, to, entry->stamp.size);
}

/* For each entry that has other names, one of those that has stayed where it was, or NULL; the caller frees. A name can have
 * gone while others of its file stayed: when a directory above it was renamed. */
static const struct file_entry **stayed_find(const struct catalog *catalog)
{
    const struct file_entry **stayed =
        calloc(catalog->count + 1, sizeof(const struct file_entry *));

    for (size_t i = 0; stayed != NULL && i < catalog->count; i++) {
        const struct file_entry *entry = &catalog->entries[i];
        if (entry->same_as >= 0 && entry->stayed)
            stayed[entry->same_as] = entry;
    }
    return stayed;
}

static int entry_make(const struct rollback *rollback, const struct file_entry *entry,
                      const struct file_entry *stayed)
{
    int error = 0;

    switch (entry->kind) {
    case FILE_REGULAR:
        if (stayed != NULL)
            return linkat(rollback->to, stayed->path, rollback->to, entry->path, 0) < 0 ? -errno
                                                                                        : 0;
        if (entry->same_as < 0) {
            error = regular_make(rollback, entry);
            break;
        }
        rollback->catalog->entries[entry->same_as].stayed = false;
        return linkat(rollback->to, rollback->catalog->entries[entry->same_as].path, rollback->to,
                      entry->path, 0) < 0
                   ? -errno
                   : 0;
    case FILE_DIRECTORY:
        return mkdirat(rollback->to, entry->path, 0700) < 0 ? -errno : 0;
    case FILE_SYMLINK:
        error = symlinkat(entry->target, rollback->to, entry->path) < 0 ? -errno : 0;
        break;
    default:
        error = mkfifoat(rollback->to, entry->path, 0600) < 0 ? -errno : 0;
        break;
    }
    return error < 0 ? error : attributes_restore(rollback->to, entry->path, entry);
}

/* Outside, and where only noted files come back, the directories above may be gone. */
static int parents_make(const struct rollback *rollback, const char *path)
{
    char parent[PATH_MAX];

    if (rollback->catalog->dedicated && !rollback->outside)
        return 0;
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(parent, path, (size_t)(slash - path));
        parent[slash - path] = 0;
        if (mkdirat(rollback->to, parent, 0700) < 0 && errno != EEXIST)
            return -errno;
    }
    return 0;
}

static int make_all(const struct rollback *rollback, struct ckpt_error *err)
{
    cleanup_free const struct file_entry **stayed = stayed_find(rollback->catalog);
    struct stat status;

    if (stayed == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    for (size_t i = 0; i < rollback->catalog->count; i++) {
        const struct file_entry *entry = &rollback->catalog->entries[i];
        if (entry->outside != rollback->outside || entry->kind == FILE_FOREIGN ||
            entry->kind == FILE_SOCKET || rollback_leaves_alone(rollback, entry->path) ||
            fstatat(rollback->to, entry->path, &status, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        int error = parents_make(rollback, entry->path);
        if (error == 0)
            error = entry_make(rollback, entry, stayed[i]);
        if (error < 0)
            return rollback_failed(err, error, entry->path);
    }
    return 0;
}

/* ---- directories, from the innermost ---- */

static int directories_settle(const struct rollback *rollback, struct ckpt_error *err)
{
    struct stat status;

    for (size_t i = rollback->catalog->count; i-- > 0;) {
        const struct file_entry *entry = &rollback->catalog->entries[i];
        struct file_entry now = {0};
        if (entry->outside != rollback->outside || entry->kind != FILE_DIRECTORY ||
            rollback_leaves_alone(rollback, entry->path))
            continue;
        if (fstatat(rollback->to, entry->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
            return rollback_failed(err, -errno, entry->path);
        attributes_from_status(&status, &now);
        if (now.mode == entry->mode && now.stamp.mtime_ns == entry->stamp.mtime_ns)
            continue;
        int error = attributes_restore(rollback->to, entry->path, entry);
        if (error < 0)
            return rollback_failed(err, error, entry->path);
    }
    return 0;
}

int rollback_run(const struct rollback *rollback, struct rollback_lost *lost,
                 struct ckpt_error *err)
{
    int error = rollback_remove(rollback, lost, err);

    if (error == 0)
        error = make_all(rollback, err);
    return error == 0 ? directories_settle(rollback, err) : error;
}
