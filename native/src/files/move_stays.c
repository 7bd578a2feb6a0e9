/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What stays behind in the first directory when its files move to the second. */
#include "common/cleanup.h"
#include "common/io.h"
#include "files/attributes.h"
#include "files/move_steps.h"
#include "files/walk.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL (1 << 20) /* files up to that size are compared byte by byte */

static bool is_needed(const struct file_entry *entry)
{
    return !entry->outside && file_is_by_reference(entry);
}

bool move_refers_to(const struct move *move, const char *path, const struct stat *status)
{
    for (size_t i = 0; i < move->catalog->count; i++) {
        const struct file_entry *entry = &move->catalog->entries[i];
        if (is_needed(entry) && strcmp(entry->path, path) == 0)
            return file_is_unchanged(entry, status);
    }
    return false;
}

bool move_refers_into(const struct move *move, const char *directory)
{
    size_t length = strlen(directory);

    for (size_t i = 0; i < move->catalog->count; i++) {
        const struct file_entry *entry = &move->catalog->entries[i];
        if (is_needed(entry) && strncmp(entry->path, directory, length) == 0 &&
            entry->path[length] == '/')
            return true;
    }
    return false;
}

static bool links_are_equal(const struct move *move, const char *path)
{
    char here[PATH_MAX], there[PATH_MAX];
    ssize_t length = readlinkat(move->from, path, here, sizeof(here));

    return length > 0 && readlinkat(move->to, path, there, sizeof(there)) == length &&
           memcmp(here, there, (size_t)length) == 0;
}

static bool bytes_are_equal(const struct move *move, const char *path, size_t size)
{
    cleanup_free char *bytes = malloc(2 * size + 1);
    cleanup_fd int here = openat(move->from, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    cleanup_fd int there = openat(move->to, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    return bytes != NULL && here >= 0 && there >= 0 &&
           read_full(here, bytes, size) == (ssize_t)size &&
           read_full(there, bytes + size, size) == (ssize_t)size &&
           memcmp(bytes, bytes + size, size) == 0;
}

bool move_passes_over(const struct move *move, const char *path)
{
    for (size_t i = 0; i < move->catalog->count; i++) {
        const struct file_entry *entry = &move->catalog->entries[i];
        if (!entry->outside && entry->kind == FILE_FOREIGN && strcmp(entry->path, path) == 0)
            return true;
    }
    return false;
}

bool move_finds(const struct move *move, const char *path, const struct stat *here,
                const struct stat *there)
{
    if (status_is_same(here, there)) /* renaming one to the other would do nothing */
        return true;
    if (S_ISLNK(here->st_mode))
        return S_ISLNK(there->st_mode) && links_are_equal(move, path);
    return S_ISREG(here->st_mode) && S_ISREG(there->st_mode) && here->st_nlink == 1 &&
           here->st_mode == there->st_mode && here->st_size == there->st_size &&
           (move_refers_to(move, path, here) ||
            (here->st_size <= SMALL && bytes_are_equal(move, path, (size_t)here->st_size)));
}
