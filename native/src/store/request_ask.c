/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The asker's side of DIR/requests: writes ID.request, waits for ID.reply. On the same host each tells the other of it
 * at once; a look every REQUEST_POLL_MS finds it when the supervisor runs on another one. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/io.h"
#include "store/document.h"
#include "store/request.h"
#include "store/request_name.h"
#include "store/task.h"
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define REQUEST_POLL_MS 200
#define REPLY_LIMIT     65536

static int open_requests(struct store *store, int *ret_dirfd, struct ckpt_error *err)
{
    if (mkdirat(store->dirfd, REQUEST_DIRECTORY, 0700) < 0 && errno != EEXIST)
        return ckpt_error_errno(err, "make '%s/" REQUEST_DIRECTORY "'", store->path);
    *ret_dirfd =
        openat(store->dirfd, REQUEST_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*ret_dirfd < 0)
        return ckpt_error_errno(err, "open '%s/" REQUEST_DIRECTORY "'", store->path);
    return 0;
}

/* Without a watch (-1) polling alone does. */
static int watch_requests(struct store *store)
{
    cleanup_fd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char path[PATH_MAX + 16];

    snprintf(path, sizeof(path), "%s/" REQUEST_DIRECTORY, store->path);
    if (fd < 0 || inotify_add_watch(fd, path, IN_MOVED_TO) < 0)
        return -1;
    return steal_fd(&fd);
}

static void wait_for_event(int watch, uint64_t milliseconds)
{
    char events[4096] __attribute__((aligned(8)));
    struct pollfd pollfd = {.fd = watch, .events = POLLIN};
    int limit = milliseconds < REQUEST_POLL_MS ? (int)milliseconds : REQUEST_POLL_MS;

    if (poll(&pollfd, 1, limit) > 0) {
        while (read(watch, events, sizeof(events)) > 0)
            ; /* which one does not matter: the reply's name is looked for */
    }
}

/* Not by looking it up: that it was not there a moment ago might be remembered. */
static bool is_listed(int dirfd, const char *name)
{
    cleanup_fd int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    bool found = false;

    if (dir == NULL)
        return false;
    directory_refresh(steal_fd(&fd));
    while (!found && (entry = readdir(dir)))
        found = strcmp(entry->d_name, name) == 0;
    return found;
}

static int read_reply(struct store *store, int dirfd, const char *name, unsigned *ret_generation,
                      struct ckpt_error *err)
{
    cleanup_json json_object *document = NULL;
    cleanup_free char *reason = NULL;
    char what[PATH_MAX + 32];
    uint64_t generation;
    int r;

    if (!is_listed(dirfd, name))
        return -EAGAIN;
    snprintf(what, sizeof(what), "the answer in '%s'", store->path);
    r = document_read(dirfd, name, REPLY_LIMIT, what, &document, err);
    if (r < 0)
        return r;
    if (document_string(document, "error", what, &reason, NULL) == 0)
        return ckpt_error_set(err, ECANCELED, "no checkpoint of '%s': %s", store->path, reason);
    r = document_unsigned(document, "generation", what, INT_MAX, &generation, err);
    if (r == 0)
        *ret_generation = (unsigned)generation;
    return r;
}

static int wait_for_reply(struct store *store, int dirfd, int watch, const char *name,
                          unsigned timeout_ms, unsigned *ret_generation, struct ckpt_error *err)
{
    uint64_t now = clock_monotonic_ms(), deadline = now + timeout_ms;

    for (;;) {
        /* Before looking: whoever answered last, and then ended, has answered. */
        bool live = store_lease_is_live(store);
        int r = read_reply(store, dirfd, name, ret_generation, err);

        if (r != -EAGAIN)
            return r;
        if (!live)
            return ckpt_error_set(err, ESRCH, "nothing is running in '%s' any more", store->path);
        now = clock_monotonic_ms();
        if (now >= deadline)
            return ckpt_error_set(err, ETIMEDOUT, "no checkpoint of '%s' within %u.%03u s",
                                  store->path, timeout_ms / 1000, timeout_ms % 1000);
        wait_for_event(watch, deadline - now);
    }
}

static int write_request(struct store *store, int dirfd, const char *name, struct ckpt_error *err)
{
    cleanup_json json_object *document = document_new();
    char host[HOST_NAME_MAX + 1] = "", now[CLOCK_TEXT_SIZE], what[PATH_MAX + 32];

    gethostname(host, sizeof(host) - 1);
    clock_text(now);
    snprintf(what, sizeof(what), "a request in '%s'", store->path);
    if (document_add_string(document, "host", host) |
        document_add_unsigned(document, "pid", (uint64_t)getpid()) |
        document_add_string(document, "created", now))
        return ckpt_error_set(err, ENOMEM, "write %s: out of memory", what);
    return document_write(dirfd, name, document, what, false, err);
}

/* The supervisor has no watch on the directory: to close one takes milliseconds, which every short task would wait for.
 * On another host, or in another network namespace, it looks by itself. */
static void tell(struct store *store)
{
    struct wire_message message = {.version = WIRE_VERSION, .type = WIRE_ASKED};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct task task;

    if (fd < 0 || task_read(store, &task, NULL) < 0)
        return;
    task_socket_name(&task, address.sun_path + 1);
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
    if (connect(fd, (const struct sockaddr *)&address, size) == 0)
        send(fd, &message, sizeof(message), MSG_NOSIGNAL);
    task_free(&task);
}

int request_checkpoint(struct store *store, unsigned timeout_ms, unsigned *ret_generation,
                       struct ckpt_error *err)
{
    char id[CKPT_ID_SIZE], request[REQUEST_NAME_SIZE], reply[REQUEST_NAME_SIZE];
    cleanup_fd int dirfd = -1, watch = -1;
    int r;

    if (!store_lease_is_live(store))
        return ckpt_error_set(err, ESRCH, "nothing is running in '%s'", store->path);
    if (random_id(id) < 0)
        return ckpt_error_errno(err, "no random numbers");
    request_names(id, request, reply);
    r = open_requests(store, &dirfd, err);
    if (r < 0)
        return r;
    watch = watch_requests(store);
    r = write_request(store, dirfd, request, err);
    if (r == 0) {
        tell(store);
        r = wait_for_reply(store, dirfd, watch, reply, timeout_ms, ret_generation, err);
    }
    /* In this order: an answer is only written while the request is there. */
    unlinkat(dirfd, request, 0);
    unlinkat(dirfd, reply, 0);
    return r;
}
