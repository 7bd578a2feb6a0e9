/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* DIR/lease: an flock that at most one incarnation holds, over all hosts that see the store (a
 * network filesystem turns it into a lock of its own, which is why the file is opened for
 * writing). It needs no heartbeat: the kernel drops it with the last process that holds the
 * descriptor. The content only says who it is. Where nobody can lock, its age tells
 * (lease_age.c). */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/io.h"
#include "store/document.h"
#include "store/lease_age.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEASE_NAME     "lease"
#define LEASE_RETRY_MS 20

/* store_lease_is_live() holds the lock for an instant; an acquirer that meets it must not take
 * that for a task. */
#define LEASE_LEAST_MS 100

#define LEASE_TOUCH_MS 1000

static int lease_open(struct store *store, int flags)
{
    return openat(store->dirfd, LEASE_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags,
                  0600);
}

int store_lease_owner(struct store *store, struct lease_owner *ret)
{
    cleanup_json json_object *document = NULL;
    cleanup_free char *host = NULL, *started = NULL;
    uint64_t pid;
    int r;

    if ((r = document_read(store->dirfd, LEASE_NAME, LEASE_LIMIT, "lease", &document, NULL)) < 0 ||
        (r = document_string(document, "host", "lease", &host, NULL)) < 0 ||
        (r = document_string(document, "started", "lease", &started, NULL)) < 0 ||
        (r = document_unsigned(document, "pid", "lease", INT_MAX, &pid, NULL)) < 0)
        return r;
    *ret = (struct lease_owner){.host = host, .started = started, .pid = (pid_t)pid};
    host = started = NULL;
    return 0;
}

static int in_use(struct store *store, struct ckpt_error *err)
{
    struct lease_owner owner;

    if (store_lease_owner(store, &owner) < 0)
        return ckpt_error_set(err, EBUSY, "'%s' is in use", store->path);
    /* Its tree goes with it, unless somebody there is stopped, or waits for a disk. */
    bool dead = lease_holder_is_dead(owner.host, (uint64_t)owner.pid);
    ckpt_error_set(err, EBUSY, "'%s' is in use by %spid %d on %s%s", store->path,
                   dead ? "a process that " : "", (int)owner.pid, owner.host,
                   dead ? " has left behind; end it (kill -9)" : "");
    free(owner.host);
    free(owner.started);
    return -EBUSY;
}

/* Only where it is longer: the filesystem would write what has been cut to the disk at the end. */
static int lease_cut(int fd, off_t size)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -1;
    return status.st_size > size ? ftruncate(fd, size) : 0;
}

static int write_owner(struct store *store, int fd, struct ckpt_error *err)
{
    cleanup_json json_object *document = document_new();
    char host[HOST_NAME_MAX + 1] = "", now[CLOCK_TEXT_SIZE];
    const char *text;

    gethostname(host, sizeof(host) - 1);
    clock_text(now);
    if (document_add_string(document, "host", host) |
        document_add_unsigned(document, "pid", (uint64_t)getpid()) |
        document_add_string(document, "started", now))
        return ckpt_error_set(err, ENOMEM, "write '%s/lease': out of memory", store->path);
    text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_SPACED);
    /* Cut last: between the two a reader would find it empty. */
    if (pwrite_full(fd, text, strlen(text), 0) < 0 || lease_cut(fd, (off_t)strlen(text)) < 0)
        return ckpt_error_errno(err, "write '%s/lease'", store->path);
    return 0;
}

/* Whether the locked file is still the one at that name. */
static bool is_current(struct store *store, int fd)
{
    return path_names(store->dirfd, LEASE_NAME, AT_SYMLINK_NOFOLLOW, fd);
}

static bool is_own(struct store *store)
{
    cleanup_json json_object *document = NULL;
    cleanup_free char *host = NULL;
    char here[HOST_NAME_MAX + 1] = "";
    uint64_t pid;

    gethostname(here, sizeof(here) - 1);
    return document_read(store->dirfd, LEASE_NAME, LEASE_LIMIT, "lease", &document, NULL) == 0 &&
           document_string(document, "host", "lease", &host, NULL) == 0 &&
           document_unsigned(document, "pid", "lease", INT_MAX, &pid, NULL) == 0 &&
           pid == (uint64_t)getpid() && strcmp(host, here) == 0;
}

/* 1: it is ours now, 0: somebody's, or -errno. */
static int take_by_age(struct store *store, int *ret_fd, struct ckpt_error *err)
{
    if (!lease_claim(store))
        return 0;
    bool held = lease_is_held_by_age(store, LEASE_NAME);
    cleanup_fd int fd = held ? -1 : lease_open(store, O_CREAT);
    int r = held     ? 0
            : fd < 0 ? ckpt_error_errno(err, "open '%s/lease'", store->path)
                     : write_owner(store, fd, err);
    lease_unclaim(store);
    if (r < 0 || held)
        return r;
    *ret_fd = steal_fd(&fd);
    return 1;
}

static int acquire_by_age(struct store *store, unsigned wait_ms, int *ret_fd,
                          struct ckpt_error *err)
{
    uint64_t wait = wait_ms > 0 ? wait_ms + LEASE_STALE_MS : LEASE_LEAST_MS;
    uint64_t deadline = clock_monotonic_ms() + wait;

    for (;;) {
        int taken = take_by_age(store, ret_fd, err);
        if (taken < 0)
            return taken;
        if (taken > 0) {
            store->lease_by_age = true;
            return 0;
        }
        if (clock_monotonic_ms() >= deadline)
            return in_use(store, err);
        poll(NULL, 0, wait_ms > 0 ? LEASE_TOUCH_MS / 2 : LEASE_RETRY_MS);
    }
}

void store_lease_touch(struct store *store, int fd)
{
    uint64_t now = clock_monotonic_ms();

    if (!store->lease_by_age || now < store->lease_touched_ms + LEASE_TOUCH_MS)
        return;
    store->lease_touched_ms = now;
    futimens(fd, NULL);
}

void store_lease_release(struct store *store, int fd)
{
    if (store != NULL && store->lease_by_age && fd >= 0 && is_own(store))
        (void)!ftruncate(fd, 0); /* else it gets old */
}

int store_lease_acquire(struct store *store, unsigned wait_ms, int *ret_fd, struct ckpt_error *err)
{
    uint64_t wait = wait_ms > LEASE_LEAST_MS ? wait_ms : LEASE_LEAST_MS;
    uint64_t deadline = clock_monotonic_ms() + wait;

    for (;;) {
        cleanup_fd int fd = lease_open(store, O_CREAT);

        if (fd < 0)
            return ckpt_error_errno(err, "open '%s/lease'", store->path);
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            if (is_current(store, fd)) {
                int r = write_owner(store, fd, err);

                if (r == 0)
                    *ret_fd = steal_fd(&fd);
                return r;
            }
        } else if (lease_locks_are_missing(errno)) {
            return acquire_by_age(store, wait_ms, ret_fd, err);
        } else if (errno != EWOULDBLOCK && errno != EINTR) {
            return ckpt_error_errno(err, "lock '%s/lease'", store->path);
        }
        if (clock_monotonic_ms() >= deadline)
            return in_use(store, err);
        /* No event says that an flock on another host is free. */
        poll(NULL, 0, LEASE_RETRY_MS);
    }
}

bool store_lease_is_live(struct store *store)
{
    cleanup_fd int fd = lease_open(store, 0);

    if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
        return false;
    return lease_locks_are_missing(errno) ? lease_is_held_by_age(store, LEASE_NAME)
                                          : errno == EWOULDBLOCK;
}
