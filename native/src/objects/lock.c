/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Locks of files: flock(2) and open-file-description locks belong to a description and are taken again by whoever has
 * it open; POSIX locks belong to a process, which takes its own, and would lose them with any descriptor of the file
 * that it closes. A lease belongs to a description but signals a process. Locks were held side by side, so the order
 * does not matter, and who waited for one begins to wait again when all are taken. */
#include "objects/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_TRIES   200
#define LOCK_WAIT_MS 10

static int kind_parse(const char *kind)
{
    return strcmp(kind, "POSIX") == 0    ? LOCK_POSIX
           : strcmp(kind, "OFDLCK") == 0 ? LOCK_DESCRIPTION
           : strcmp(kind, "FLOCK") == 0  ? LOCK_FLOCK
           : strcmp(kind, "LEASE") == 0  ? LOCK_LEASE
                                         : -1;
}

/* "lock:\t1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 100 EOF" */
static int line_parse(const char *line, struct image_lock *ret)
{
    char kind[16], how[16], mode[16], end[32];
    long long start;

    if (sscanf(line, "lock: %*d: %15s %15s %15s %*d %*s %lld %31s", kind, how, mode, &start, end) !=
        5)
        return -EBADMSG;
    if (strncmp(how, "BREAK", 5) == 0) /* a lease that its holder is about to give up */
        return -ENOTSUP;
    *ret = (struct image_lock){.kind = (unsigned)kind_parse(kind),
                               .exclusive = strcmp(mode, "WRITE") == 0,
                               .start = start,
                               .length = strcmp(end, "EOF") == 0 ? 0 : atoll(end) - start + 1};
    return kind_parse(kind) < 0 ? -ENOTSUP : 0;
}

static bool is_known(const struct tree_image *tree, const struct image_lock *lock)
{
    for (size_t i = 0; i < tree->lock_count; i++) {
        const struct image_lock *other = &tree->locks[i];
        if (other->kind == lock->kind && other->pid == lock->pid && other->fd == lock->fd &&
            other->description == lock->description && other->start == lock->start)
            return true;
    }
    return false;
}

int locks_save(const struct save_context *context, const struct seen_descriptor *seen, pid_t pid,
               int description, struct ckpt_error *err)
{
    for (const char *line = strstr(seen->info, "lock:\t"); line != NULL;
         line = strstr(line + 1, "lock:\t")) {
        struct image_lock lock;
        if (line_parse(line, &lock) < 0)
            return ckpt_error_set(err, ENOTSUP, "a lease or lock of '%s' cannot be carried now",
                                  seen->target);
        lock.description = description;
        lock.pid = lock.kind == LOCK_POSIX ? pid : 0;
        lock.fd = lock.kind == LOCK_POSIX ? seen->fd : -1;
        if (is_known(context->tree, &lock))
            continue;
        struct image_lock *added = tree_image_add_lock(context->tree);
        if (added == NULL)
            return ckpt_error_set(err, ENOMEM, "no memory");
        *added = lock;
    }
    return 0;
}

/* ---- restoring ---- */

static int lock_take(const struct image_lock *lock, int fd)
{
    struct flock range = {.l_type = lock->exclusive ? F_WRLCK : F_RDLCK,
                          .l_whence = SEEK_SET,
                          .l_start = lock->start,
                          .l_len = lock->length};

    if (lock->kind == LOCK_FLOCK)
        return flock(fd, (lock->exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
    return fcntl(fd, F_OFD_SETLK, &range);
}

static int lock_fail(const struct tree_image *tree, const struct image_lock *lock,
                     struct ckpt_error *err)
{
    const char *path = tree->descriptions[lock->description].path;

    return ckpt_error_errno(err, "lock '%s' again", path == NULL ? "a file" : path);
}

/* What the last incarnation held it lets go as it dies. */
static int lock_take_again(const struct image_lock *lock, int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (lock_take(lock, fd) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES)
            return -1;
        poll(NULL, 0, LOCK_WAIT_MS);
    }
    return -1;
}

int locks_of_descriptions_restore(const struct restore_context *context, struct ckpt_error *err)
{
    for (size_t i = 0; i < context->tree->lock_count; i++) {
        const struct image_lock *lock = &context->tree->locks[i];
        if (lock->kind != LOCK_POSIX && lock->kind != LOCK_LEASE &&
            lock_take_again(lock, context->opened[lock->description]) < 0)
            return lock_fail(context->tree, lock, err);
    }
    return 0;
}

int lease_restore(const struct tree_image *tree, int description, int fd, struct ckpt_error *err)
{
    for (size_t i = 0; i < tree->lock_count; i++) {
        const struct image_lock *lock = &tree->locks[i];
        if (lock->kind == LOCK_LEASE && lock->description == description &&
            fcntl(fd, F_SETLEASE, lock->exclusive ? F_WRLCK : F_RDLCK) < 0)
            return lock_fail(tree, lock, err);
    }
    return 0;
}

bool lock_is_of_process(const struct image_lock *lock, pid_t pid)
{
    return lock->kind == LOCK_POSIX && lock->pid == pid;
}
