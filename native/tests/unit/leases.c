/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* One incarnation at a time, whatever process asks. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "store/lease_age.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A process that holds the lease until it is killed. */
static pid_t start_holder(void)
{
    int ready[2];
    pid_t pid;
    char byte;

    CHECK_INT(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct store *store = fixture_store();
        struct ckpt_error err;
        int fd;

        if (store_lease_acquire(store, 0, &fd, &err) < 0)
            unit_fail(__FILE__, __LINE__, "%s", err.message);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    CHECK_INT(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

TEST(lease_is_exclusive_across_processes)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    char host[256], expected[4400];
    int fd = -1;
    pid_t pid;

    CHECK(!store_lease_is_live(store));
    pid = start_holder();
    CHECK(store_lease_is_live(store));
    CHECK_INT(store_lease_acquire(store, 0, &fd, &err), -EBUSY);
    gethostname(host, sizeof(host));
    snprintf(expected, sizeof(expected), "'%s' is in use by pid %d on %s", store->path, (int)pid,
             host);
    CHECK_STRING(err.message, expected);
    CHECK_INT(fd, -1);
    kill(pid, SIGKILL);
    CHECK_INT(store_lease_acquire(store, 5000, &fd, &err), 0);
    waitpid(pid, NULL, 0);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    CHECK(!store_lease_is_live(store));
    store_close(store);
}

TEST(lease_outlives_the_supervisor_with_the_tree)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    int fd = -1, other = -1, block[2];
    pid_t child;

    CHECK_INT(pipe(block), 0);
    CHECK_INT(store_lease_acquire(store, 0, &fd, &err), 0);
    child = fork();
    if (child == 0) {
        char byte;

        close(block[1]);
        _exit(read(block[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(fd);
    CHECK(store_lease_is_live(store));
    CHECK_INT(store_lease_acquire(store, 0, &other, &err), -EBUSY);
    close(block[1]);
    waitpid(child, NULL, 0);
    CHECK_INT(store_lease_acquire(store, 0, &other, &err), 0);
    close(other);
    close(block[0]);
    store_close(store);
}

TEST(lease_of_what_a_dead_supervisor_has_left_behind)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    char expected[64];
    int fd = -1, block[2];

    CHECK_INT(pipe(block), 0);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        if (store_lease_acquire(store, 0, &fd, &err) < 0)
            _exit(1);
        if (fork() == 0) {
            close(block[1]);
            _exit((int)read(block[0], expected, 1));
        }
        _exit(0);
    }
    int status = -1;
    CHECK(waitpid(supervisor, &status, 0) == supervisor && status == 0);
    CHECK_INT(store_lease_acquire(store, 0, &fd, &err), -EBUSY);
    snprintf(expected, sizeof(expected), "is in use by a process that pid %d on ", (int)supervisor);
    CHECK_CONTAINS(err.message, expected);
    CHECK_CONTAINS(err.message, "has left behind");
    close(block[1]);
    CHECK_INT(store_lease_acquire(store, 5000, &fd, &err), 0);
    close(fd);
    close(block[0]);
    store_close(store);
}

TEST(lease_file_that_makes_no_sense)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    pid_t pid = start_holder();
    int fd = -1;

    fixture_write(store, "lease", "{\"format\": 1, \"pid\": ");
    CHECK_INT(store_lease_acquire(store, 0, &fd, &err), -EBUSY);
    CHECK_CONTAINS(err.message, "is in use");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    store_close(store);
}

/* As the holder, or whoever it says, has left it so many seconds ago. */
static bool is_held(struct store *store, const char *host, pid_t pid, time_t ago)
{
    char text[512];
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - ago}};

    snprintf(text, sizeof(text), "{\"format\": 1, \"host\": \"%s\", \"pid\": %d}", host, (int)pid);
    fixture_write(store, "lease", host[0] == 0 ? "" : text);
    CHECK_INT(utimensat(store->dirfd, "lease", times, 0), 0);
    return lease_is_held_by_age(store, "lease");
}

TEST(lease_where_nobody_can_lock)
{
    struct store *store = fixture_store();
    char here[256] = "";
    pid_t dead = fork();

    if (dead == 0)
        _exit(0);
    waitpid(dead, NULL, 0);
    gethostname(here, sizeof(here) - 1);
    CHECK(!lease_is_held_by_age(store, "lease"));
    CHECK(is_held(store, "elsewhere", 1, 1));
    CHECK(is_held(store, "elsewhere", 1, 30));
    CHECK(!is_held(store, "elsewhere", 1, 90));
    CHECK(is_held(store, here, getpid(), 30));
    CHECK(is_held(store, here, dead, 1));
    CHECK(!is_held(store, here, dead, 30));
    CHECK(!is_held(store, "", 0, 0));
    CHECK(!lease_locks_are_missing(EWOULDBLOCK) && lease_locks_are_missing(ENOSYS));
    store_close(store);
}

TEST(lease_is_claimed_by_one_at_a_time_where_nobody_can_lock)
{
    struct store *store = fixture_store();
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 30}};

    CHECK(lease_claim(store));
    CHECK(!lease_claim(store));
    CHECK(!lease_claim(store)); /* to look does not end it */
    lease_unclaim(store);
    CHECK(lease_claim(store));
    CHECK_INT(utimensat(store->dirfd, ".claim", times, 0), 0); /* whoever made it has been killed */
    CHECK(!lease_claim(store));
    CHECK(lease_claim(store));
    lease_unclaim(store);
    store_close(store);
}

TEST(lease_file_replaced_under_its_holder)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    int fd = -1;

    CHECK_INT(symlink("/etc/hostname", "store/lease"), 0);
    CHECK(store_lease_acquire(store, 0, &fd, &err) < 0);
    CHECK_CONTAINS(err.message, "/lease'");
    CHECK_INT(unlink("store/lease"), 0);
    CHECK_INT(store_lease_acquire(store, 0, &fd, &err), 0);
    close(fd);
    store_close(store);
}

TEST(store_that_is_none)
{
    struct ckpt_error err;
    struct store *store;

    CHECK_INT(store_open("nothing", &store, &err), -ENOENT);
    CHECK_STRING(err.message, "no store at 'nothing'");
    CHECK_INT(store_open(".", &store, &err), -ENOENT);
    fixture_write(&(struct store){.dirfd = AT_FDCWD}, "file", "x");
    CHECK_INT(store_open("file/x", &store, &err), -ENOENT);
    CHECK_INT(store_open("file", &store, &err), -ENOTDIR);
    CHECK_INT(store_create("file", &store, &err), -ENOTDIR);
    CHECK_INT(store_create("a/b/c/", &store, &err), 0);
    CHECK(store->path[0] == '/');
    store_close(store);

    /* Their files may be named as ours are. */
    CHECK_INT(mkdir("of_others", 0700), 0);
    fixture_write(&(struct store){.dirfd = AT_FDCWD}, "of_others/.hidden", "x");
    CHECK_INT(store_create("of_others", &store, &err), 0);
    store_close(store);
    fixture_write(&(struct store){.dirfd = AT_FDCWD}, "of_others/notes", "x");
    CHECK_INT(store_create("of_others", &store, &err), -ENOTEMPTY);
    CHECK_CONTAINS(err.message, "/of_others' is no store and holds 'notes'");
    fixture_write(&(struct store){.dirfd = AT_FDCWD}, "of_others/lease", "");
    CHECK_INT(store_create("of_others", &store, &err), 0);
    store_close(store);
}
