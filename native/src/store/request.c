/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The supervisor's side of DIR/requests. Names are checked before they are used; what else lies
 * there is none of our business. */
#include "store/request.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "store/document.h"
#include "store/request_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* "ID.request" or "ID.reply": true, and the ID. */
static bool split_name(const char *name, const char *suffix, char ret_id[CKPT_ID_SIZE])
{
    if (strlen(name) < CKPT_ID_SIZE - 1 || strcmp(name + CKPT_ID_SIZE - 1, suffix) != 0)
        return false;
    memcpy(ret_id, name, CKPT_ID_SIZE - 1);
    ret_id[CKPT_ID_SIZE - 1] = '\0';
    return id_is_valid(ret_id);
}

static int open_requests(struct store *store, DIR **ret)
{
    cleanup_fd int fd =
        openat(store->dirfd, REQUEST_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return -errno;
    *ret = fdopendir(fd);
    if (!*ret)
        return -errno;
    steal_fd(&fd);
    return 0;
}

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

void request_prepare(struct store *store)
{
    cleanup_dir DIR *dir = NULL;
    struct stat lease, st;
    struct dirent *entry;
    char id[CKPT_ID_SIZE];

    if (open_requests(store, &dir) < 0)
        return;
    /* A request younger than the lease is meant for this incarnation. Both times are the
     * filesystem's. */
    if (fstatat(store->dirfd, "lease", &lease, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    while ((entry = readdir(dir))) {
        if ((split_name(entry->d_name, REQUEST_SUFFIX, id) ||
             split_name(entry->d_name, REPLY_SUFFIX, id)) &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            is_before(st.st_mtim, lease.st_mtim))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
}

int request_next(struct store *store, char ret_id[CKPT_ID_SIZE])
{
    cleanup_dir DIR *dir = NULL;
    struct timespec oldest = {0};
    struct dirent *entry;
    int found = 0, r = open_requests(store, &dir);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    directory_refresh(dirfd(dir));
    while ((entry = readdir(dir))) {
        char id[CKPT_ID_SIZE];
        struct stat st;

        if (!split_name(entry->d_name, REQUEST_SUFFIX, id) ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(st.st_mode) || (found && !is_before(st.st_mtim, oldest)))
            continue;
        memcpy(ret_id, id, CKPT_ID_SIZE);
        oldest = st.st_mtim;
        found = 1;
    }
    return found;
}

int request_reply(struct store *store, const char *id, unsigned generation, const char *error,
                  struct ckpt_error *err)
{
    cleanup_json json_object *document = document_new();
    cleanup_fd int dirfd = -1;
    char request[REQUEST_NAME_SIZE], reply[REQUEST_NAME_SIZE];
    int r;

    request_names(id, request, reply);
    dirfd =
        openat(store->dirfd, REQUEST_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dirfd < 0)
        return ckpt_error_errno(err, "open '%s/" REQUEST_DIRECTORY "'", store->path);
    if (faccessat(dirfd, request, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        return 0; /* the asker has given up: nobody would remove the answer */
    if ((error ? document_add_string(document, "error", error)
               : document_add_unsigned(document, "generation", generation)) < 0)
        return ckpt_error_set(err, ENOMEM, "answer request %s: out of memory", id);
    r = document_write(dirfd, reply, document, "the answer to a request", false, err);
    /* Also without an answer, or it would be asked for again at once. */
    unlinkat(dirfd, request, 0);
    return r;
}
