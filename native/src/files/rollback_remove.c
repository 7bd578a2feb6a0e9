/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The first step of a rollback: what should not be there, or not like this, goes. A file of which only the content has
 * changed is written anew, for programs remember files by their inodes. */
#include "common/cleanup.h"
#include "common/io.h"
#include "files/attributes.h"
#include "files/content.h"
#include "files/rollback_steps.h"
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int path_compare(const void *a, const void *b)
{
    return strcmp((*(const struct file_entry *const *)a)->path,
                  (*(const struct file_entry *const *)b)->path);
}

/* Our entries by their names; the caller frees. */
static struct file_entry **entries_sort(const struct rollback *rollback, size_t *ret_count)
{
    const struct catalog *catalog = rollback->catalog;
    struct file_entry **sorted = malloc((catalog->count + 1) * sizeof(*sorted));
    size_t count = 0;

    for (size_t i = 0; sorted != NULL && i < catalog->count; i++) {
        if (catalog->entries[i].outside == rollback->outside)
            sorted[count++] = &catalog->entries[i];
    }
    if (count > 0)
        qsort(sorted, count, sizeof(*sorted), path_compare);
    *ret_count = count;
    return sorted;
}

struct removal {
    const struct rollback *rollback;
    struct file_entry **sorted;
    size_t count;
};

static struct file_entry *entry_find(const struct removal *removal, char *path)
{
    const struct file_entry wanted = {.path = path}, *key = &wanted;
    struct file_entry **found =
        bsearch(&key, removal->sorted, removal->count, sizeof(*removal->sorted), path_compare);

    return found != NULL ? *found : NULL;
}

static bool is_held(const struct rollback *rollback, const struct stat *status)
{
    for (size_t i = 0; i < rollback->held_count; i++) {
        if (status_is_same(status, &rollback->held[i]))
            return true;
    }
    return false;
}

/* Programs remember files by their inodes (SQLite does): one that is still there keeps it. */
static bool is_same_file(const struct removal *removal, const struct file_entry *entry,
                         const struct stat *status)
{
    const struct file_entry *first = entry;
    struct stat other;

    if (entry->kind != FILE_REGULAR || file_is_by_reference(entry) ||
        status->st_ino != entry->stamp.inode || status->st_dev != entry->stamp.device)
        return false;
    if (entry->same_as < 0)
        return true;
    first = &removal->rollback->catalog->entries[entry->same_as];
    return fstatat(removal->rollback->to, first->path, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
           status_is_same(&other, status);
}

/* Its other names, if it has some, come with it. */
static int content_rewrite(const struct rollback *rollback, const struct file_entry *entry,
                           const struct stat *status)
{
    cleanup_fd int from =
        openat(rollback->contents, entry->content.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_fd int to = -1;

    if (from < 0)
        return -errno;
    if ((status->st_mode & S_IWUSR) == 0 &&
        fchmodat(rollback->to, entry->path, (status->st_mode & 07777) | S_IWUSR, 0) < 0)
        return -errno;
    to = openat(rollback->to, entry->path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    int error = to < 0 ? -errno : content_copy_to(from, to, entry->stamp.size);
    return error < 0 ? error : attributes_restore(rollback->to, entry->path, entry);
}

static int directory_remove(const struct removal *removal, int directory, char *path,
                            struct ckpt_error *err);

/* A directory of which we need everything for a while. */
static int directory_enter(int directory, const char *name, const struct stat *status)
{
    if ((status->st_mode & S_IRWXU) != S_IRWXU &&
        fchmodat(directory, name, (status->st_mode & 07777) | S_IRWXU, 0) < 0)
        return -errno;
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

static int name_remove(const struct removal *removal, int directory, const char *name, char *path,
                       struct ckpt_error *err)
{
    struct file_entry *entry = entry_find(removal, path);
    struct stat status;

    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return rollback_failed(err, -errno, path);
    if (status_is_same(&status, removal->rollback->store) || is_held(removal->rollback, &status) ||
        (entry != NULL && (entry->kind == FILE_FOREIGN || entry->kind == FILE_SOCKET)))
        return 0;
    if (entry != NULL && entry->kind == FILE_DIRECTORY && S_ISDIR(status.st_mode)) {
        int fd = directory_enter(directory, name, &status);
        return fd < 0 ? rollback_failed(err, fd, path) : directory_remove(removal, fd, path, err);
    }
    if (entry != NULL && file_is_unchanged(entry, &status)) {
        entry->stayed = !file_is_by_reference(entry);
        return 0;
    }
    if (entry != NULL && S_ISREG(status.st_mode) && is_same_file(removal, entry, &status)) {
        int error = entry->same_as < 0 ? content_rewrite(removal->rollback, entry, &status) : 0;
        return error < 0 ? rollback_failed(err, error, path) : 0;
    }
    return remove_tree_at(directory, name) < 0 ? rollback_failed(err, -errno, path) : 0;
}

/* The descriptor becomes this function's. */
static int directory_remove(const struct removal *removal, int directory, char *path,
                            struct ckpt_error *err)
{
    const struct rollback *rollback = removal->rollback;
    cleanup_dir DIR *dir = fdopendir(directory);
    size_t length = strlen(path);
    struct dirent *entry;
    int error = 0;

    if (dir == NULL)
        return rollback_failed(err, -errno, path);
    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (length == 0 &&
             walk_leaves_out(entry->d_name, rollback->excludes, rollback->exclude_count)))
            continue;
        if (length + strlen(entry->d_name) + 2 > PATH_MAX)
            return rollback_failed(err, -ENAMETOOLONG, path);
        sprintf(path + length, "%s%s", length > 0 ? "/" : "", entry->d_name);
        error = name_remove(removal, dirfd(dir), entry->d_name, path, err);
        path[length] = 0;
    }
    return error;
}

static int all_remove(const struct removal *removal, struct ckpt_error *err)
{
    char path[PATH_MAX] = "";
    int fd = openat(removal->rollback->to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? rollback_failed(err, -errno, ".") : directory_remove(removal, fd, path, err);
}

/* Whether a file that was there before the command has changed, and there is nothing to make it what it was. */
static bool is_beyond_recall(const struct rollback *rollback, const struct note *note,
                             const struct file_entry *entry, const struct stat *status)
{
    struct file_entry now = {0};

    if (entry == NULL)
        return note->at >= rollback->catalog->notes_bytes;
    if (entry->kind != FILE_FOREIGN)
        return false;
    if (status == NULL)
        return true;
    attributes_from_status(status, &now);
    return now.stamp.size != entry->stamp.size || now.stamp.mtime_ns != entry->stamp.mtime_ns;
}

/* A name that was noted: it is looked after like one in a directory, if it is there. */
static int noted_remove(const struct removal *removal, const struct note *note, const char *name,
                        struct rollback_lost *lost, struct ckpt_error *err)
{
    const struct rollback *rollback = removal->rollback;
    char path[PATH_MAX];
    struct stat status;

    if (strlen(name) >= sizeof(path) || rollback_leaves_alone(rollback, name))
        return 0;
    strcpy(path, name);
    bool there = fstatat(rollback->to, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    const struct file_entry *entry = entry_find(removal, path);
    if (!note->created && is_beyond_recall(rollback, note, entry, there ? &status : NULL)) {
        if (lost->count++ == 0)
            snprintf(lost->first, sizeof(lost->first), "%s", note->path);
        return 0;
    }
    return !there ? 0 : name_remove(removal, rollback->to, name, path, err);
}

static int noted_all_remove(const struct removal *removal, struct rollback_lost *lost,
                            struct ckpt_error *err)
{
    const struct rollback *rollback = removal->rollback;
    int error = 0;

    for (size_t i = 0; error == 0 && i < rollback->notes->count; i++) {
        const struct note *note = &rollback->notes->list[i];
        bool outside;
        const char *name =
            noted_name(rollback->workdir, rollback->catalog->dedicated, note->path, &outside);
        if (name != NULL && outside == rollback->outside)
            error = noted_remove(removal, note, name, lost, err);
    }
    return error;
}

int rollback_remove(const struct rollback *rollback, struct rollback_lost *lost,
                    struct ckpt_error *err)
{
    struct removal removal = {.rollback = rollback};

    removal.sorted = entries_sort(rollback, &removal.count);
    if (removal.sorted == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    int error = rollback->catalog->dedicated && !rollback->outside
                    ? all_remove(&removal, err)
                    : noted_all_remove(&removal, lost, err);
    free(removal.sorted);
    return error;
}
