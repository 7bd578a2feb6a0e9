/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Three steps: what should not be there, or not like this, goes, and a file that has only changed is written anew; what is missing is made; modes and times of
 * directories come last, since making and removing needs the one and changes the other. */
#include "files/rollback.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/attributes.h"
#include "files/content.h"
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(struct ckpt_error *err, int error, const char *path)
{
    return ckpt_error_set(err, -error, "bring back '%s': %s", path, strerror(-error));
}

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

/* The top level decides what is left alone. */
static bool is_left_alone(const struct rollback *rollback, const char *path)
{
    char top[NAME_MAX + 1];
    size_t length = strcspn(path, "/");

    if (rollback->outside || length > NAME_MAX)
        return false;
    memcpy(top, path, length);
    top[length] = 0;
    return walk_leaves_out(top, rollback->excludes, rollback->exclude_count);
}

static bool is_by_reference(const struct file_entry *entry)
{
    return entry->kind == FILE_REGULAR && entry->same_as < 0 && entry->content.name[0] == 0;
}

/* ---- 1: what should not be there ---- */

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

static bool is_what_it_was(const struct file_entry *entry, const struct stat *status)
{
    struct file_entry now = {0};

    attributes_from_status(status, &now);
    if (now.kind != entry->kind)
        return false;
    if (is_by_reference(entry))
        return now.stamp.size == entry->stamp.size && now.stamp.mtime_ns == entry->stamp.mtime_ns;
    return !entry->unsure && file_stamps_equal(&now.stamp, &entry->stamp);
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

    if (entry->kind != FILE_REGULAR || is_by_reference(entry) ||
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
        return failed(err, -errno, path);
    if (status_is_same(&status, removal->rollback->store) || is_held(removal->rollback, &status) ||
        (entry != NULL && (entry->kind == FILE_FOREIGN || entry->kind == FILE_SOCKET)))
        return 0;
    if (entry != NULL && entry->kind == FILE_DIRECTORY && S_ISDIR(status.st_mode)) {
        int fd = directory_enter(directory, name, &status);
        return fd < 0 ? failed(err, fd, path) : directory_remove(removal, fd, path, err);
    }
    if (entry != NULL && is_what_it_was(entry, &status)) {
        entry->stayed = !is_by_reference(entry);
        return 0;
    }
    if (entry != NULL && S_ISREG(status.st_mode) && is_same_file(removal, entry, &status)) {
        int error = entry->same_as < 0 ? content_rewrite(removal->rollback, entry, &status) : 0;
        return error < 0 ? failed(err, error, path) : 0;
    }
    return remove_tree_at(directory, name) < 0 ? failed(err, -errno, path) : 0;
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
        return failed(err, -errno, path);
    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (length == 0 &&
             walk_leaves_out(entry->d_name, rollback->excludes, rollback->exclude_count)))
            continue;
        if (length + strlen(entry->d_name) + 2 > PATH_MAX)
            return failed(err, -ENAMETOOLONG, path);
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

    return fd < 0 ? failed(err, -errno, ".") : directory_remove(removal, fd, path, err);
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

    if (strlen(name) >= sizeof(path) || is_left_alone(rollback, name))
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

static int remove_needless(const struct rollback *rollback, struct rollback_lost *lost,
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

/* ---- 2: what is missing ---- */

static int regular_make(const struct rollback *rollback, const struct file_entry *entry)
{
    bool by_reference = is_by_reference(entry);
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
            entry->kind == FILE_SOCKET || is_left_alone(rollback, entry->path) ||
            fstatat(rollback->to, entry->path, &status, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        int error = parents_make(rollback, entry->path);
        if (error == 0)
            error = entry_make(rollback, entry, stayed[i]);
        if (error < 0)
            return failed(err, error, entry->path);
    }
    return 0;
}

/* ---- 3: directories, from the innermost ---- */

static int directories_settle(const struct rollback *rollback, struct ckpt_error *err)
{
    struct stat status;

    for (size_t i = rollback->catalog->count; i-- > 0;) {
        const struct file_entry *entry = &rollback->catalog->entries[i];
        struct file_entry now = {0};
        if (entry->outside != rollback->outside || entry->kind != FILE_DIRECTORY ||
            is_left_alone(rollback, entry->path))
            continue;
        if (fstatat(rollback->to, entry->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
            return failed(err, -errno, entry->path);
        attributes_from_status(&status, &now);
        if (now.mode == entry->mode && now.stamp.mtime_ns == entry->stamp.mtime_ns)
            continue;
        int error = attributes_restore(rollback->to, entry->path, entry);
        if (error < 0)
            return failed(err, error, entry->path);
    }
    return 0;
}

int rollback_run(const struct rollback *rollback, struct rollback_lost *lost,
                 struct ckpt_error *err)
{
    int error = remove_needless(rollback, lost, err);

    if (error == 0)
        error = make_all(rollback, err);
    return error == 0 ? directories_settle(rollback, err) : error;
}

/* ---- what cannot be brought back ---- */

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
        if (entry->outside != rollback->outside || !is_by_reference(entry) ||
            is_left_alone(rollback, entry->path))
            continue;
        if (fstatat(rollback->from, entry->path, &status, AT_SYMLINK_NOFOLLOW) < 0)
            return ckpt_error_set(err, ESTALE, "'%s', which was there before the command, is gone",
                                  entry->path);
        if (!is_what_it_was(entry, &status))
            return ckpt_error_set(err, ESTALE,
                                  "'%s', which was there before the command, has changed since",
                                  entry->path);
    }
    return 0;
}

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
