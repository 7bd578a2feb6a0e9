/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* On a full disk everything that was there stays there, and the error is one line. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "store/status.h"
#include "store/verify.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

static bool write_text(const char *path, const char *text)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write_full(fd, text, strlen(text)) == 0;
}

static bool map_ids(unsigned uid, unsigned gid)
{
    char uids[32], gids[32];

    snprintf(uids, sizeof(uids), "0 %u 1", uid);
    snprintf(gids, sizeof(gids), "0 %u 1", gid);
    return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", uids) &&
           write_text("/proc/self/gid_map", gids);
}

/* A real filesystem of 64 KiB at ./small, as root or in a user namespace. */
static bool mount_small(void)
{
    unsigned uid = geteuid(), gid = getegid();

    CHECK_INT(mkdir_p("small", 0700), 0);
    if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return false;
    if (uid != 0 && !map_ids(uid, gid))
        return false;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "small", "tmpfs", 0, "size=64k") == 0 && chdir("small") == 0;
}

/* Leaves not a byte. */
static void fill_disk(void)
{
    static const char zeroes[4096];
    cleanup_fd int fd = open("filling", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    while (write_full(fd, zeroes, sizeof(zeroes)) == 0)
        ;
    CHECK_INT(errno, ENOSPC);
}

/* Where no filesystem can be mounted: no file may have a byte. The errno differs, the handling
 * does not. */
static void forbid_writing(void)
{
    struct rlimit none = {0, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
}

TEST(full_disk_loses_nothing)
{
    bool small = mount_small();
    struct store *store = fixture_store();
    struct manifest manifest;
    struct status status, back;
    struct ckpt_error err;
    unsigned number = 0;
    int fd = -1, r;

    fixture_generation(store);
    CHECK_INT(status_init(&status, &err), 0);
    CHECK_INT(status_write(store, &status, &err), 0);
    CHECK_INT(manifest_init(&manifest, MANIFEST_PERIODIC, "/w", &err), 0);
    CHECK_INT(generation_begin(store, &number, &fd, &err), 0);
    CHECK_INT(write_file_atomic_at(fd, "tree.img", "tree", 4, false), 0);
    CHECK_INT(manifest_add_file(&manifest, "tree.img", 4, 0), 0);
    if (small)
        fill_disk();
    else
        forbid_writing();

    r = generation_commit(store, number, fd, &manifest, &err);
    CHECK_INT(r, small ? -ENOSPC : -EFBIG);
    CHECK_CONTAINS(err.message, "write generation 2: manifest.json: ");
    close(fd);
    CHECK(!fixture_exists(store, "generations/000002/.manifest.json.tmp"));
    generation_abandon(store, number);
    CHECK(!fixture_exists(store, "generations/000002"));
    if (small)
        fill_disk();
    CHECK(generation_begin(store, &number, &fd, &err) < 0);

    status.generation = 9;
    CHECK(status_write(store, &status, &err) < 0);
    CHECK_CONTAINS(err.message, "status.json");
    CHECK(!fixture_exists(store, ".status.json.tmp"));
    CHECK_INT(status_read(store, &back, &err), 0);
    CHECK_INT(back.generation, 0);
    CHECK_INT(generation_latest(store, &number, &err), 0);
    CHECK_INT(number, 1);
    CHECK_INT(generation_verify(store, 1, NULL, &err), 0);
    manifest_free(&manifest);
    status_free(&status);
    status_free(&back);
    store_close(store);
}
