/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A request is answered, refused, given up or never asked, and leaves no file behind in any
 * case. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "store/request.h"
#include "store/task.h"
#include "wire/wire.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static unsigned count_files(const char *path)
{
    cleanup_dir DIR *dir = opendir(path);
    struct dirent *entry;
    unsigned count = 0;

    CHECK(dir);
    while ((entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    return count;
}

/* Answers count requests with 7, or with refusal, from then on holds the lease only. */
__attribute__((noreturn)) static void supervise(int ready, unsigned count, const char *refusal)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    char events[4096], id[CKPT_ID_SIZE];
    int watch = inotify_init1(IN_CLOEXEC), lease;

    if (store_lease_acquire(store, 0, &lease, &err) < 0 ||
        mkdirat(store->dirfd, "requests", 0700) < 0 ||
        inotify_add_watch(watch, "store/requests", IN_MOVED_TO) < 0 || write(ready, "x", 1) != 1)
        _exit(1);
    while (count) {
        if (request_next(store, id) == 1) {
            if (request_reply(store, id, 7, refusal, &err) < 0)
                unit_fail(__FILE__, __LINE__, "%s", err.message);
            count--;
        } else if (read(watch, events, sizeof(events)) < 0) {
            _exit(1);
        }
    }
    for (;;)
        pause();
}

static pid_t start_supervisor(unsigned count, const char *refusal)
{
    int ready[2];
    char byte;
    pid_t pid;

    CHECK_INT(pipe(ready), 0);
    pid = fork();
    if (pid == 0)
        supervise(ready[1], count, refusal);
    close(ready[1]);
    CHECK_INT(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

TEST(request_is_answered)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned generation = 0;
    pid_t pid = start_supervisor(3, NULL);

    for (int i = 0; i < 3; i++) {
        generation = 0;
        if (request_checkpoint(store, 20000, &generation, &err) < 0)
            unit_fail(__FILE__, __LINE__, "%s", err.message);
        CHECK_INT(generation, 7);
    }
    CHECK_INT(count_files("store/requests"), 0);
    stop(pid);
    store_close(store);
}

TEST(request_is_refused_with_the_reason)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned generation = 5;
    pid_t pid = start_supervisor(1, "process 12 (busybox) is statically linked");

    CHECK_INT(request_checkpoint(store, 20000, &generation, &err), -ECANCELED);
    CHECK_CONTAINS(err.message, "process 12 (busybox) is statically linked");
    CHECK_INT(generation, 5);
    CHECK_INT(count_files("store/requests"), 0);
    stop(pid);
    store_close(store);
}

TEST(request_times_out)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned generation;
    pid_t pid = start_supervisor(0, NULL);

    CHECK_INT(request_checkpoint(store, 50, &generation, &err), -ETIMEDOUT);
    CHECK_CONTAINS(err.message, "within 0.050 s");
    CHECK_INT(count_files("store/requests"), 0);
    stop(pid);
    store_close(store);
}

/* A supervisor that does not look by itself. */
__attribute__((noreturn)) static void answer_when_told(int listener)
{
    struct store *store = fixture_store();
    struct wire_message message;
    struct ckpt_error err;
    char id[CKPT_ID_SIZE];
    int fd = accept(listener, NULL, NULL);

    if (recv(fd, &message, sizeof(message), 0) != sizeof(message) || message.type != WIRE_ASKED ||
        request_next(store, id) != 1 || request_reply(store, id, 4, NULL, &err) < 0)
        _exit(1);
    pause();
    _exit(0);
}

TEST(request_is_told_of_on_the_same_host)
{
    struct store *store = fixture_store();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct task task;
    struct ckpt_error err;
    unsigned generation = 0;
    int lease, listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    CHECK_INT(task_init(&task, (char *[]){"true", NULL}, "/", &err), 0);
    CHECK_INT(task_write(store, &task, false, &err), 0);
    CHECK_INT(store_lease_acquire(store, 0, &lease, &err), 0);
    task_socket_name(&task, address.sun_path + 1);
    CHECK_INT(bind(listener, (struct sockaddr *)&address,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                               strlen(address.sun_path + 1))),
              0);
    CHECK_INT(listen(listener, 1), 0);
    pid_t pid = fork();
    if (pid == 0)
        answer_when_told(listener);
    if (request_checkpoint(store, 20000, &generation, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    CHECK_INT(generation, 4);
    stop(pid);
    close(listener);
    close(lease);
    task_free(&task);
    store_close(store);
}

TEST(request_with_nobody_there)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned generation;

    CHECK_INT(request_checkpoint(store, 20000, &generation, &err), -ESRCH);
    CHECK_CONTAINS(err.message, "nothing is running in '");
    CHECK(!fixture_exists(store, "requests"));
    store_close(store);
}

/* The killer waits until the request is there, then kills the supervisor. */
TEST(request_whose_supervisor_dies)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    unsigned generation;
    pid_t pid = start_supervisor(0, NULL), killer;
    int watch = inotify_init1(IN_CLOEXEC);

    CHECK(inotify_add_watch(watch, "store/requests", IN_MOVED_TO) >= 0);
    killer = fork();
    if (killer == 0) {
        char events[4096];

        if (read(watch, events, sizeof(events)) > 0)
            kill(pid, SIGKILL);
        _exit(0);
    }
    CHECK_INT(request_checkpoint(store, 20000, &generation, &err), -ESRCH);
    CHECK_CONTAINS(err.message, "any more");
    CHECK_INT(count_files("store/requests"), 0);
    close(watch);
    waitpid(killer, NULL, 0);
    waitpid(pid, NULL, 0);
    store_close(store);
}

TEST(foreign_names_are_no_requests)
{
    struct store *store = fixture_store();
    const char *id = "0123456789abcdef0123456789abcdef";
    const char *later = "00000000000000000000000000000000";
    struct ckpt_error err;
    char found[CKPT_ID_SIZE];

    CHECK_INT(request_next(store, found), 0);
    CHECK_INT(mkdirat(store->dirfd, "requests", 0700), 0);
    fixture_write(store, "requests/hello.request", "{}");
    fixture_write(store, "requests/0123456789ABCDEF0123456789abcdef.request", "{}");
    fixture_write(store, "requests/0123456789abcdef0123456789abcdef.reply", "{}");
    fixture_write(store, "requests/.0123456789abcdef0123456789abcdef.request.tmp", "{}");
    CHECK_INT(mkdirat(store->dirfd, "requests/ffffffffffffffffffffffffffffffff.request", 0700), 0);
    CHECK_INT(request_next(store, found), 0);
    fixture_write(store, "requests/0123456789abcdef0123456789abcdef.request", "{}");
    fixture_write(store, "requests/00000000000000000000000000000000.request", "{}");
    CHECK_INT(utimensat(store->dirfd, "requests/00000000000000000000000000000000.request",
                        (struct timespec[]){{4000000000, 0}, {4000000000, 0}}, 0),
              0);
    CHECK_INT(request_next(store, found), 1);
    CHECK_STRING(found, id);
    CHECK_INT(request_reply(store, found, 3, NULL, &err), 0);
    CHECK_INT(request_next(store, found), 1);
    CHECK_STRING(found, later);
    CHECK_INT(request_reply(store, found, 0, "no", &err), 0);
    CHECK_INT(request_next(store, found), 0);
    store_close(store);
}

TEST(nobody_answers_who_has_gone)
{
    struct store *store = fixture_store();
    struct ckpt_error err;

    CHECK_INT(mkdirat(store->dirfd, "requests", 0700), 0);
    CHECK_INT(request_reply(store, "0123456789abcdef0123456789abcdef", 3, NULL, &err), 0);
    CHECK_INT(count_files("store/requests"), 0);
    store_close(store);
}

TEST(old_requests_are_cleared)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    int lease;

    request_prepare(store);
    CHECK(!fixture_exists(store, "requests"));
    CHECK_INT(mkdirat(store->dirfd, "requests", 0700), 0);
    fixture_write(store, "requests/0123456789abcdef0123456789abcdef.request", "{}");
    fixture_write(store, "requests/1123456789abcdef0123456789abcdef.reply", "{}");
    fixture_write(store, "requests/foreign", "");
    CHECK_INT(utimensat(store->dirfd, "requests/0123456789abcdef0123456789abcdef.request", old, 0),
              0);
    CHECK_INT(utimensat(store->dirfd, "requests/1123456789abcdef0123456789abcdef.reply", old, 0),
              0);
    CHECK_INT(store_lease_acquire(store, 0, &lease, &err), 0);
    fixture_write(store, "requests/2123456789abcdef0123456789abcdef.request", "{}");
    request_prepare(store);
    CHECK_INT(count_files("store/requests"), 2);
    CHECK(fixture_exists(store, "requests/2123456789abcdef0123456789abcdef.request"));
    close(lease);
    store_close(store);
}
