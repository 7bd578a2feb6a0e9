/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The moment a generation begins to exist. Order matters, and is the whole of this file: what
 * the manifest names and what it depends on reaches the disk, then the directories that lead there, then the manifest
 * under another name, then its name. */
#include "common/cleanup.h"
#include "store/generation.h"
#include "store/task.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

static int sync_file(int dirfd, unsigned number, const struct manifest_file *file,
                     struct ckpt_error *err)
{
    cleanup_fd int fd = openat(dirfd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return ckpt_error_errno(err, "generation %u: open %s", number, file->name);
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < file->size ||
        (!file->block && (uint64_t)st.st_size != file->size))
        return ckpt_error_set(err, EBADMSG,
                              "generation %u: %s has %jd bytes, %" PRIu64 " were written", number,
                              file->name, (intmax_t)st.st_size, file->size);
    if (!file->synced && fsync(fd) < 0)
        return ckpt_error_errno(err, "generation %u: sync %s", number, file->name);
    return 0;
}

static int sync_directory(struct store *store, const char *name, struct ckpt_error *err)
{
    cleanup_fd int fd = openat(store->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return ckpt_error_errno(err, "sync '%s/%s'", store->path, name);
    return 0;
}

/* Who the generation is of, and what the tree has noted of its files, was written without waiting. Either may be
 * missing. */
static int sync_shared(struct store *store, const char *name, struct ckpt_error *err)
{
    cleanup_fd int fd = openat(store->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fsync(fd) < 0)
        return ckpt_error_errno(err, "sync '%s/%s'", store->path, name);
    return 0;
}

int generation_commit(struct store *store, unsigned number, int dirfd, struct manifest *manifest,
                      struct ckpt_error *err)
{
    int r;

    manifest->generation = number;
    for (size_t i = 0; i < manifest->file_count; i++) {
        r = sync_file(dirfd, number, &manifest->files[i], err);
        if (r < 0)
            return r;
    }
    if (fsync(dirfd) < 0)
        return ckpt_error_errno(err, "generation %u: sync", number);
    if ((r = sync_shared(store, TASK_NAME, err)) < 0 ||
        (r = sync_shared(store, NOTES_NAME, err)) < 0 ||
        (r = sync_directory(store, "generations", err)) < 0 ||
        (r = sync_directory(store, ".", err)) < 0)
        return r;
    return manifest_write(dirfd, manifest, err);
}
