/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whether a generation on disk is what was written. Nothing is restarted from one that was not
 * verified just before. */
#include "store/verify.h"

#include "common/cleanup.h"
#include "store/checksum.h"
#include "store/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* "generation 3 of '/store': 12.mem: MESSAGE" */
#define DAMAGED_NAME(err, store, number, name, format, ...)                                        \
    ckpt_error_set(err, EBADMSG, "generation %u of '%s': %s: " format, number, (store)->path,      \
                   name, __VA_ARGS__)
#define DAMAGED(err, store, number, file, format, ...)                                             \
    DAMAGED_NAME(err, store, number, (file)->name, format, __VA_ARGS__)

static int verify_file(struct store *store, unsigned number, int dirfd,
                       const struct manifest_file *file, struct ckpt_error *err)
{
    cleanup_fd int fd = openat(dirfd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    uint64_t size, sum;
    int r;

    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        return DAMAGED(err, store, number, file, "the file is %s",
                       errno == ENOENT ? "missing" : "a symbolic link");
    if (fd < 0 || fstat(fd, &st) < 0)
        return ckpt_error_errno(err, "generation %u of '%s': open %s", number, store->path,
                                file->name);
    if (!S_ISREG(st.st_mode))
        return DAMAGED(err, store, number, file, "%s", "not a regular file");
    if ((uint64_t)st.st_size < file->size || (!file->block && (uint64_t)st.st_size != file->size))
        return DAMAGED(err, store, number, file, "size is %jd, should be %" PRIu64,
                       (intmax_t)st.st_size, file->size);
    r = file->block ? checksum_blocks_fd(fd, file->size, &size, &sum)
                    : checksum_fd(fd, &size, &sum);
    if (r < 0) {
        errno = -r;
        return ckpt_error_errno(err, "generation %u of '%s': read %s", number, store->path,
                                file->name);
    }
    if (size != file->size)
        return DAMAGED(err, store, number, file, "%" PRIu64 " bytes read, should be %" PRIu64, size,
                       file->size);
    if (sum != file->xxh3)
        return DAMAGED(err, store, number, file,
                       "checksum is %016" PRIx64 ", should be %016" PRIx64, sum, file->xxh3);
    return 0;
}

/* What the tree had noted by then. The file is the store's, and later generations rely on more of it. */
static int verify_notes(struct store *store, unsigned number, const struct manifest_notes *notes,
                        struct ckpt_error *err)
{
    cleanup_fd int fd = -1;
    uint64_t size, sum;
    int r;

    if (notes->size == 0)
        return 0;
    fd = openat(store->dirfd, NOTES_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return DAMAGED_NAME(err, store, number, NOTES_NAME, "%s", "the file is missing");
    r = fd < 0 ? -errno : checksum_fd_part(fd, notes->size, &size, &sum);
    if (r < 0) {
        errno = -r;
        return ckpt_error_errno(err, "generation %u of '%s': read %s", number, store->path,
                                NOTES_NAME);
    }
    if (size != notes->size)
        return DAMAGED_NAME(err, store, number, NOTES_NAME,
                            "it is shorter than at the checkpoint: %" PRIu64 " of %" PRIu64
                            " bytes",
                            size, notes->size);
    if (sum != notes->xxh3)
        return DAMAGED_NAME(err, store, number, NOTES_NAME,
                            "checksum is %016" PRIx64 ", should be %016" PRIx64, sum, notes->xxh3);
    return 0;
}

int generation_verify(struct store *store, unsigned number, struct manifest *ret,
                      struct ckpt_error *err)
{
    cleanup_fd int dirfd = -1;
    struct manifest manifest;
    int r = manifest_read(store, number, &manifest, err);

    if (r < 0)
        return r;
    r = verify_notes(store, number, &manifest.notes, err);
    if (r == 0)
        r = generation_open(store, number, &dirfd, err);
    for (size_t i = 0; r == 0 && i < manifest.file_count; i++)
        r = verify_file(store, number, dirfd, &manifest.files[i], err);
    if (r == 0 && ret)
        *ret = manifest;
    else
        manifest_free(&manifest);
    return r;
}
