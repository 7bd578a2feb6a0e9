/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What is known of the files of a task between its generations. */
#include "files/internal.h"

#include "files/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int nothing(void *context, int directory, const char *name, const struct stat *status,
                   size_t entry, struct ckpt_error *err)
{
    (void)context, (void)directory, (void)name, (void)status, (void)entry, (void)err;
    return 0;
}

int64_t realtime_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000LL + now.tv_nsec;
}

struct walk walk_of(const struct files *files, struct catalog *catalog)
{
    return (struct walk){
        .catalog = catalog,
        .workdir = files->workdir,
        .excludes = files->excludes,
        .exclude_count = files->exclude_count,
        .left_out = &files->store,
        .foreign = files->foreign,
        .foreign_count = 3,
    };
}

int files_open(struct files *files, const char *directory, const char *store,
               struct ckpt_error *err)
{
    files->root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->root < 0)
        return ckpt_error_errno(err, "open the working directory '%s'", directory);
    if (stat(store, &files->store) < 0)
        return ckpt_error_errno(err, "stat '%s'", store);
    for (int i = 0; i < 3; i++) {
        if (fstat(i, &files->foreign[i]) < 0 || !S_ISREG(files->foreign[i].st_mode))
            files->foreign[i].st_ino = 0;
    }
    return 0;
}

void files_note_original(struct files *files)
{
    struct walk walk = walk_of(files, &files->last);
    int64_t sure_ns = realtime_ns() - TICK_NS;

    walk.regular = nothing;
    if (files->dedicated && walk_directory(&walk, files->root, NULL) < 0)
        catalog_free(&files->last);
    for (size_t i = 0; i < files->last.count; i++)
        files->last.entries[i].unsure = files->last.entries[i].stamp.ctime_ns > sure_ns;
}

void files_close(struct files *files)
{
    if (files->root >= 0)
        close(files->root);
    files->root = -1;
    catalog_free(&files->last);
    notes_free(&files->notes);
    free(files->numbers);
    files->numbers = NULL;
}

int entry_stat(const struct files *files, const struct file_entry *entry, struct stat *ret)
{
    char path[PATH_MAX + 1];

    if (!entry->outside)
        return fstatat(files->root, entry->path, ret, AT_SYMLINK_NOFOLLOW);
    snprintf(path, sizeof(path), "/%s", entry->path);
    return lstat(path, ret);
}

int entry_open(const struct files *files, const struct file_entry *entry)
{
    struct stat status;
    int top = entry->outside ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : files->root;
    int fd = top < 0 || entry_stat(files, entry, &status) < 0
                 ? -1
                 : open_for_reading(top, entry->path, 0, &status);
    int error = fd < 0 ? -errno : fd;

    if (entry->outside && top >= 0)
        close(top);
    return error;
}

struct file_number number_of(const struct file_stamp *stamp)
{
    return (struct file_number){stamp->device, stamp->inode};
}

int root_number(const struct files *files, struct file_number *ret, struct ckpt_error *err)
{
    struct stat status;

    if (fstat(files->root, &status) < 0)
        return ckpt_error_errno(err, "stat the working directory");
    *ret = (struct file_number){status.st_dev, status.st_ino};
    return 0;
}

int files_continue(struct files *files, struct catalog *catalog, unsigned generation,
                   struct numbers_list *ret_numbers, struct ckpt_error *err)
{
    struct file_number root;
    int error = root_number(files, &root, err);

    if (error < 0)
        return error;
    if (numbers_add(ret_numbers, &(struct numbers_pair){.real = root, .known = catalog->root}) < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    for (size_t i = 0; i < catalog->count; i++) {
        struct file_entry *entry = &catalog->entries[i], now = {0};
        struct stat status;
        if (entry->kind == FILE_FOREIGN || entry->kind == FILE_SOCKET)
            continue;
        if (!entry->stayed && entry_stat(files, entry, &status) < 0)
            return ckpt_error_errno(err, "find '%s' again", entry->path);
        if (!entry->stayed) {
            attributes_from_status(&status, &now);
            entry->stamp = now.stamp;
        }
        entry->unsure = false; /* it bears its old time: whoever writes gives it a new one */
        struct numbers_pair pair = {.real = number_of(&entry->stamp),
                                    .known = entry->known,
                                    .real_ctime_ns = entry->stamp.ctime_ns,
                                    .known_ctime_ns = entry->known_ctime_ns};
        if (entry->same_as < 0 && numbers_add(ret_numbers, &pair) < 0)
            return ckpt_error_set(err, ENOMEM, "no memory");
    }
    catalog_free(&files->last);
    files->last = *catalog;
    files->last_generation = generation;
    *catalog = (struct catalog){0};
    return 0;
}
