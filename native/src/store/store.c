/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The store's directory: making and opening it. Everything below is reached through its
 * descriptor, so that a rename of the directory does not matter to a running task. */
#include "store/store.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel knows it; to find it anew takes a call for each part. */
static char *path_of(int fd, const char *dir)
{
    char link[64], path[PATH_MAX];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0)
        return realpath(dir, NULL);
    path[length] = 0;
    return path_names(AT_FDCWD, path, 0, fd) ? strdup(path) : realpath(dir, NULL);
}

static int open_directory(const char *dir, struct store **ret, struct ckpt_error *err)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        return ckpt_error_set(err, ENOMEM, "open store '%s': out of memory", dir);
    store->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->dirfd >= 0)
        store->path = path_of(store->dirfd, dir);
    if (!store->path) {
        int r = ckpt_error_errno(err, "open store '%s'", dir);

        store_close(store);
        return r;
    }
    *ret = store;
    return 0;
}

/* Of a store; the first is all there is of one that was killed early. */
static const char *const signs[] = {"lease", "task.json", "status.json", "generations", NULL};

static bool has_any(const struct store *store, const char *const *names)
{
    for (; *names; names++) {
        if (faccessat(store->dirfd, *names, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return true;
    }
    return false;
}

/* Somebody's own "notes" or "stdout" would be taken for ours. Hidden files are not in the way, nor is what a filesystem has
 * at its top. */
static int others_refuse(const struct store *store, struct ckpt_error *err)
{
    struct dirent *entry;

    cleanup_fd int fd = openat(store->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir)
        return ckpt_error_errno(err, "read store '%s'", store->path);
    steal_fd(&fd);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lost+found") == 0)
            continue;
        return has_any(store, signs)
                   ? 0
                   : ckpt_error_set(err, ENOTEMPTY,
                                    "'%s' is no store and holds '%s'; choose another directory",
                                    store->path, entry->d_name);
    }
    return 0;
}

int store_create(const char *dir, struct store **ret, struct ckpt_error *err)
{
    struct store *store = NULL;
    bool is_new = mkdir(dir, 0700) == 0;

    if (!is_new && mkdir_p(dir, 0700) < 0)
        return ckpt_error_errno(err, "make store '%s'", dir);
    int r = open_directory(dir, &store, err);
    if (r == 0 && !is_new)
        r = others_refuse(store, err);
    if (r < 0)
        store_close(store);
    else
        *ret = store;
    return r;
}

int store_open(const char *dir, struct store **ret, struct ckpt_error *err)
{
    struct store *store = NULL;
    int r;

    if (access(dir, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ckpt_error_set(err, ENOENT, "no store at '%s'", dir);
    r = open_directory(dir, &store, err);
    if (r < 0)
        return r;
    if (has_any(store, signs + 1)) {
        *ret = store;
        return 0;
    }
    store_close(store);
    return ckpt_error_set(err, ENOENT, "no store at '%s': it has no task.json", dir);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->dirfd >= 0)
        close(store->dirfd);
    free(store->path);
    free(store);
}
