/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A working directory that was kept in a generation comes back. */
#include "places.h"
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void socket_make(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

TEST(place_copies_entries_of_every_kind)
{
    places_directories("store");
    CHECK_INT(mkdir_p("old/a/b/c", 0755), 0);
    places_put("old/plain", "plain");
    places_put("old/a/b/c/deep", "deep");
    places_put("old/a/\xff\nodd", "");
    CHECK_INT(symlink("nowhere/at all", "old/dangling"), 0);
    CHECK_INT(symlink("../plain", "old/a/up"), 0);
    CHECK_INT(mkfifo("old/fifo", 0600), 0);
    socket_make("old/socket");
    places_touch("old/fifo", 0666); /* more than the umask lets through */
    places_touch("old/dangling", 0);
    places_touch("old/plain", 04751);
    places_touch("old/a/b/c/deep", 0400);
    places_touch("old/a/b/c", 0555);
    places_touch("old/a/b", 01777);
    places_touch("old/a", 02770);

    place_commit(places_made("store", NULL, 0));
    places_check("new/plain", "plain");
    places_check("new/a/b/c/deep", "deep");
    places_check_same("plain");
    places_check_same("fifo");
    places_check_same("dangling");
    places_check_same("a");
    places_check_same("a/\xff\nodd");
    places_check_same("a/b");
    places_check_same("a/b/c");
    places_check_same("a/b/c/deep");
    char target[64] = "";
    CHECK_INT(readlink("new/a/up", target, sizeof(target)), 8);
    CHECK_STRING(target, "../plain");
    CHECK(!places_exist("new/socket"));
    CHECK_INT(places_entries("new"), 4);
    CHECK_INT(places_entries("old"), 5);
}

TEST(place_keeps_holes_and_what_is_between_them)
{
    static const off_t offsets[] = {0, 1 << 20, (5 << 20) + 4096};
    struct stat status;
    char byte;

    places_directories("store");
    cleanup_fd int old = open("old/sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(pwrite_full(old, "x", 1, offsets[i]), 0);
    CHECK_INT(ftruncate(old, 64 << 20), 0);
    places_put("old/empty", "");
    CHECK_INT(truncate("old/empty", 1 << 20), 0);

    place_commit(places_made("store", NULL, 0));
    cleanup_fd int copy = open("new/sparse", O_RDONLY | O_CLOEXEC);
    CHECK_INT(fstat(copy, &status), 0);
    CHECK_INT(status.st_size, 64 << 20);
    CHECK(status.st_blocks * 512 < 1 << 20);
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(pread_full(copy, &byte, 1, offsets[i]), 1);
        CHECK_INT(byte, 'x');
        CHECK_INT(pread_full(copy, &byte, 1, offsets[i] + 1), 1);
        CHECK_INT(byte, 0);
    }
    CHECK_INT(stat("new/empty", &status), 0);
    CHECK_INT(status.st_size, 1 << 20);
    CHECK_INT(status.st_blocks, 0);
}

TEST(place_leaves_out_what_is_excluded_at_the_top)
{
    char *excludes[] = {"*.log", ".command.*", "work"};

    places_directories("store");
    CHECK_INT(mkdir_p("old/work", 0755), 0);
    CHECK_INT(mkdir_p("old/sub", 0755), 0);
    places_put("old/work/file", "");
    places_put("old/a.log", "");
    places_put("old/.command.sh", "");
    places_put("old/kept", "");
    places_put("old/sub/a.log", "");
    places_put("new/a.log", "of the new attempt");

    place_commit(places_made("store", excludes, 3));
    CHECK_INT(places_entries("new"), 3);
    CHECK(places_exist("new/kept") && places_exist("new/sub/a.log"));
    places_check("new/a.log", "of the new attempt");
}

TEST(place_leaves_out_the_store_at_any_depth)
{
    places_directories("old/sub/store");
    places_put("old/sub/store/task.json", "{}");
    places_put("old/sub/kept", "");

    place_commit(places_made("old/sub/store", NULL, 0));
    CHECK(places_exist("new/sub/kept"));
    CHECK(!places_exist("new/sub/store"));
    places_check("old/sub/store/task.json", "{}");
}

/* Both directories were made from one another, as with cp -r. */
TEST(place_never_replaces_the_store)
{
    places_directories("new/.ckpt");
    CHECK_INT(mkdir_p("old/.ckpt", 0700), 0);
    places_put("old/.ckpt/task.json", "old");
    places_put("new/.ckpt/task.json", "new");
    places_put("old/file", "");
    place_commit(places_made("new/.ckpt", NULL, 0));
    places_check("new/.ckpt/task.json", "new");
    CHECK(places_exist("new/file"));

    CHECK_INT(mkdir_p("old/results", 0755), 0);
    CHECK_INT(mkdir_p("new/results/.ckpt", 0700), 0);
    place_commit(places_made("new/results/.ckpt", NULL, 0));
    CHECK(places_exist("new/results/.ckpt") && places_exist("new/file"));
}

TEST(place_may_lie_in_the_last_one)
{
    struct place *place;
    struct ckpt_error err = {0};

    places_directories("store");
    places_put("old/file", "file");
    places_keep("old", "store", NULL, 0);
    CHECK_INT(mkdir_p("old/retry", 0755), 0);
    CHECK_INT(places_make("old", "old/retry", "store", &place, &err), 0);
    place_commit(place);
    places_check("old/retry/file", "file");
    CHECK_INT(places_entries("old/retry"), 1);
    places_forget();

    /* And the other way round: the last one is not moved away under our feet. */
    CHECK_INT(mkdir_p("new/last", 0755), 0);
    places_put("new/last/file", "file");
    places_keep("new/last", "store", NULL, 0);
    CHECK_INT(places_make("new/last", "new", "store", &place, &err), 0);
    place_commit(place);
    places_check("new/file", "file");
    places_check("new/last/file", "file");
    places_forget();
}

TEST(place_is_none_where_nothing_moved)
{
    struct place *place = (struct place *)1;
    struct ckpt_error err = {0};

    places_directories("store");
    CHECK_INT(symlink("old", "link"), 0);
    places_put("old/file", "file");
    places_keep("old", "store", NULL, 0);
    places_put("old/later", "");
    CHECK_INT(places_make("old", "link", "store", &place, &err), 0);
    CHECK(place == NULL);
    CHECK_INT(places_entries("old"), 1);
    place_commit(NULL);
    place_undo(NULL);
    CHECK_INT(places_make("old", "gone", "store", &place, &err), -ENOENT);
    CHECK_INT(places_make("old", "new", "gone", &place, &err), -ENOENT);
    CHECK_INT(places_entries("new"), 0);
    CHECK_INT(places_make("gone", "new", "store", &place, &err), 0);
    place_commit(place);
    places_check("new/file", "file");
    places_forget();
}

/* Everything that can happen to a file afterwards, undone where it is. */
TEST(place_is_rolled_back)
{
    struct place *place;
    struct ckpt_error err = {0};
    struct stat before, after;

    places_directories("store");
    CHECK_INT(mkdir_p("old/d/e", 0755), 0);
    CHECK_INT(mkdir_p("old/gone", 0755), 0);
    places_put("old/same", "same");
    places_put("old/appended", "a");
    places_put("old/overwritten", "abc");
    places_put("old/truncated", "abc");
    places_put("old/renamed", "r");
    places_put("old/deleted", "d");
    places_put("old/replaced", "one");
    places_put("old/d/e/deep", "deep");
    CHECK_INT(link("old/same", "old/d/same"), 0);
    CHECK_INT(symlink("a", "old/link"), 0);
    places_touch("old/same", 0640);
    places_touch("old/d/e", 0555);
    places_touch("old/d", 0755);
    CHECK_INT(stat("old/overwritten", &before), 0);
    ino_t inode = before.st_ino;
    CHECK_INT(stat("old/same", &before), 0);
    places_keep("old", "store", NULL, 0);
    places_put("old/appended", "ab");
    places_put("old/overwritten", "xyz");
    places_put("old/truncated", "");
    CHECK_INT(rename("old/renamed", "old/elsewhere"), 0);
    CHECK_INT(unlink("old/deleted"), 0);
    places_put("old/other", "two");
    CHECK_INT(rename("old/other", "old/replaced"), 0);
    CHECK_INT(rmdir("old/gone"), 0);
    CHECK_INT(chmod("old/d/e", 0755), 0);
    CHECK_INT(rename("old/d", "old/moved"), 0);
    CHECK_INT(unlink("old/link") | symlink("b", "old/link"), 0);
    places_put("old/new", "");
    CHECK_INT(places_make("old", "old", "store", &place, &err), 0);
    places_forget();
    places_check("old/appended", "a");
    places_check("old/overwritten", "abc");
    CHECK_INT(stat("old/overwritten", &after), 0);
    CHECK(after.st_ino == inode); /* programs remember files by their inodes */
    places_check("old/truncated", "abc");
    places_check("old/renamed", "r");
    places_check("old/deleted", "d");
    places_check("old/replaced", "one");
    places_check("old/d/e/deep", "deep");
    CHECK(places_exist("old/gone"));
    char target[8] = "";
    CHECK_INT(readlink("old/link", target, sizeof(target)), 1);
    CHECK_STRING(target, "a");
    CHECK_INT(places_entries("old"), 10);
    CHECK_INT(stat("old/d/same", &after), 0);
    CHECK_INT(after.st_nlink, 2);
    CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    CHECK_INT(stat("old/d/e", &after), 0);
    CHECK_INT(after.st_mode & 07777, 0555);
    CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

/* Its owner may always let himself read it. */
TEST(place_holds_files_that_nobody_may_read)
{
    places_become_ordinary();
    places_directories("store");
    CHECK_INT(mkdir_p("old/closed", 0755), 0);
    places_put("old/closed/secret", "old");
    CHECK_INT(chmod("old/closed/secret", 0), 0);
    CHECK_INT(chmod("old/closed", 0), 0);
    place_commit(places_made("store", NULL, 0));
    places_check_same("closed");
    CHECK_INT(chmod("old/closed", 0755) | chmod("new/closed", 0755), 0);
    places_check_same("closed/secret");
    CHECK_INT(chmod("new/closed/secret", 0600), 0);
    places_check("new/closed/secret", "old");
}
