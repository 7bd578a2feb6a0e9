/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Removing a store that nobody uses. Whoever removes holds the lease, and gives the directory another name first, so
 * that a task which starts there meanwhile makes a new one. */
#include "store/remove.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".removed"

/* What the files below take on disk. One that has several names is shared by generations of the store: each name
 * counts for its part. */
static uint64_t size_below(int directory)
{
    struct dirent *entry;
    struct stat status;
    uint64_t size = 0;
    cleanup_dir DIR *dir = fdopendir(directory);

    if (!dir)
        close(directory);
    while (dir && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (S_ISDIR(status.st_mode)) {
            int below =
                openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (below >= 0)
                size += size_below(below);
        } else {
            size += (uint64_t)status.st_blocks * 512 / status.st_nlink;
        }
    }
    return size;
}

/* Under a name of its own first: it is there as a whole or not at all. */
static int remove_directory(const struct store *store, struct ckpt_error *err)
{
    char aside[PATH_MAX];

    if (snprintf(aside, sizeof(aside), "%s" SUFFIX, store->path) >= (int)sizeof(aside))
        return ckpt_error_set(err, ENAMETOOLONG, "remove '%s': its path is too long", store->path);
    /* One that was left by a remover who was killed is in the way. */
    if (remove_tree_at(AT_FDCWD, aside) < 0 || rename(store->path, aside) < 0 ||
        remove_tree_at(AT_FDCWD, aside) < 0)
        return ckpt_error_errno(err, "remove '%s'", store->path);
    return 0;
}

int store_remove_held(struct store *store, struct ckpt_error *err)
{
    /* Somebody may have removed it, or moved it away with the project it is of. */
    if (!path_names(AT_FDCWD, store->path, 0, store->dirfd))
        return ckpt_error_set(err, ESTALE, "'%s' is gone, or another store now", store->path);
    return remove_directory(store, err);
}

int store_remove(struct store *store, uint64_t *ret_bytes, struct ckpt_error *err)
{
    cleanup_fd int lease = -1;
    int r = store_lease_acquire(store, 0, &lease, err);

    if (r < 0)
        return r;
    *ret_bytes = size_below(openat(store->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return remove_directory(store, err);
}
