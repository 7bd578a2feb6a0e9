/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A working directory is kept in a generation and comes back, or stays what it was. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/capture.h"
#include "restore/place.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define LONG_NAME                                                                                  \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"     \
    "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345"     \
    "67890123456789012345678901234567890123456789"

static void put(const char *path, const char *text)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        unit_fail(__FILE__, __LINE__, "create %s: %s", path, strerror(errno));
    CHECK_INT(write_full(fd, text, strlen(text)), 0);
}

static void check_content(const char *path, const char *text)
{
    cleanup_free char *found = NULL;

    if (read_file_at(AT_FDCWD, path, 1 << 20, &found, NULL) < 0)
        unit_fail(__FILE__, __LINE__, "read %s: %s", path, strerror(errno));
    CHECK_STRING(found, text);
}

static bool exists(const char *path)
{
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* How many entries there are; none of them ours. */
static int entries(const char *path)
{
    cleanup_dir DIR *dir = opendir(path);
    struct dirent *entry;
    int count = 0;

    CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        CHECK(strncmp(entry->d_name, ".ckpt-aside", 11) != 0);
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    return count;
}

/* ./old, ./new and the store. */
static void directories_make(const char *store)
{
    CHECK_INT(mkdir_p("old", 0755), 0);
    CHECK_INT(mkdir_p("new", 0755), 0);
    CHECK_INT(mkdir_p(store, 0700), 0);
}

/* The files of a directory as the next generation of ./generations has them. */
static struct files files;
static int generation; /* its directory */

static void keep(const char *directory, const char *store, char *const *excludes, size_t count)
{
    static unsigned number;
    struct tree_image tree = {0};
    struct manifest manifest = {0};
    struct files_job job;
    struct ckpt_error err = {0};
    struct store fake = {.dirfd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    char name[64];

    if (number++ == 0)
        files = (struct files){.root = -1};
    files_close(&files);
    files = (struct files){.root = -1,
                           .dedicated = true,
                           .workdir = "/nowhere",
                           .excludes = excludes,
                           .exclude_count = count};
    do
        snprintf(name, sizeof(name), "generations/%u", number);
    while (exists(name) && number++ > 0);
    CHECK_INT(mkdir_p(name, 0700), 0);
    generation = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_INT(files_open(&files, directory, store, &err), 0);
    if (files_capture(&files, &tree, &fake, number, generation, &job, &err) < 0 ||
        files_write(&job, &manifest, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    files_committed(&job, number);
    files_job_free(&job);
    manifest_free(&manifest);
    close(fake.dirfd);
}

static int make(const char *from, const char *to, const char *store, struct place **ret,
                struct ckpt_error *err)
{
    struct notes notes = {0};
    struct rollback_lost lost = {0};
    struct place_spec spec = {.catalog = &files.last,
                              .contents = generation,
                              .from = from,
                              .to = to,
                              .excludes = files.excludes,
                              .exclude_count = files.exclude_count,
                              .store = store,
                              .notes = &notes,
                              .workdir = "/nowhere"};

    return place_make(&spec, ret, &lost, err);
}

static void forget(void)
{
    files_close(&files);
    close(generation);
}

static struct place *made_again(const char *store)
{
    struct place *place;
    struct ckpt_error err = {0};

    if (make("old", "new", store, &place, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    CHECK(place != NULL);
    return place;
}

static struct place *made(const char *store, char *const *excludes, size_t count)
{
    keep("old", store, excludes, count);
    struct place *place = made_again(store);
    forget();
    return place;
}

static void check_same(const char *name)
{
    char old[PATH_MAX], copy[PATH_MAX];
    struct stat a, b;

    snprintf(old, sizeof(old), "old/%s", name);
    snprintf(copy, sizeof(copy), "new/%s", name);
    CHECK_INT(lstat(old, &a), 0);
    CHECK_INT(lstat(copy, &b), 0);
    CHECK_INT(b.st_mode, a.st_mode);
    CHECK_INT(b.st_mtim.tv_sec, a.st_mtim.tv_sec);
    CHECK_INT(b.st_mtim.tv_nsec, a.st_mtim.tv_nsec);
    CHECK_INT(b.st_uid, a.st_uid);
    CHECK(S_ISDIR(a.st_mode) || b.st_size == a.st_size);
    CHECK(a.st_ino != b.st_ino);
}

/* A time that no copy gets by chance. */
static void touch(const char *path, mode_t mode)
{
    static const struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};

    if (mode != 0)
        CHECK_INT(chmod(path, mode), 0);
    CHECK_INT(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void socket_make(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

TEST(place_copies_entries_of_every_kind)
{
    directories_make("store");
    CHECK_INT(mkdir_p("old/a/b/c", 0755), 0);
    put("old/plain", "plain");
    put("old/a/b/c/deep", "deep");
    put("old/a/\xff\nodd", "");
    CHECK_INT(symlink("nowhere/at all", "old/dangling"), 0);
    CHECK_INT(symlink("../plain", "old/a/up"), 0);
    CHECK_INT(mkfifo("old/fifo", 0600), 0);
    socket_make("old/socket");
    touch("old/fifo", 0666); /* more than the umask lets through */
    touch("old/dangling", 0);
    touch("old/plain", 04751);
    touch("old/a/b/c/deep", 0400);
    touch("old/a/b/c", 0555);
    touch("old/a/b", 01777);
    touch("old/a", 02770);

    place_commit(made("store", NULL, 0));
    check_content("new/plain", "plain");
    check_content("new/a/b/c/deep", "deep");
    check_same("plain");
    check_same("fifo");
    check_same("dangling");
    check_same("a");
    check_same("a/\xff\nodd");
    check_same("a/b");
    check_same("a/b/c");
    check_same("a/b/c/deep");
    char target[64] = "";
    CHECK_INT(readlink("new/a/up", target, sizeof(target)), 8);
    CHECK_STRING(target, "../plain");
    CHECK(!exists("new/socket"));
    CHECK_INT(entries("new"), 4);
    CHECK_INT(entries("old"), 5);
}

TEST(place_keeps_holes_and_what_is_between_them)
{
    static const off_t offsets[] = {0, 1 << 20, (5 << 20) + 4096};
    struct stat status;
    char byte;

    directories_make("store");
    cleanup_fd int old = open("old/sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(pwrite_full(old, "x", 1, offsets[i]), 0);
    CHECK_INT(ftruncate(old, 64 << 20), 0);
    put("old/empty", "");
    CHECK_INT(truncate("old/empty", 1 << 20), 0);

    place_commit(made("store", NULL, 0));
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

    directories_make("store");
    CHECK_INT(mkdir_p("old/work", 0755), 0);
    CHECK_INT(mkdir_p("old/sub", 0755), 0);
    put("old/work/file", "");
    put("old/a.log", "");
    put("old/.command.sh", "");
    put("old/kept", "");
    put("old/sub/a.log", "");
    put("new/a.log", "of the new attempt");

    place_commit(made("store", excludes, 3));
    CHECK_INT(entries("new"), 3);
    CHECK(exists("new/kept") && exists("new/sub/a.log"));
    check_content("new/a.log", "of the new attempt");
}

TEST(place_leaves_out_the_store_at_any_depth)
{
    directories_make("old/sub/store");
    put("old/sub/store/task.json", "{}");
    put("old/sub/kept", "");

    place_commit(made("old/sub/store", NULL, 0));
    CHECK(exists("new/sub/kept"));
    CHECK(!exists("new/sub/store"));
    check_content("old/sub/store/task.json", "{}");
}

/* Both directories were made from one another, as with cp -r. */
TEST(place_never_replaces_the_store)
{
    directories_make("new/.ckpt");
    CHECK_INT(mkdir_p("old/.ckpt", 0700), 0);
    put("old/.ckpt/task.json", "old");
    put("new/.ckpt/task.json", "new");
    put("old/file", "");
    place_commit(made("new/.ckpt", NULL, 0));
    check_content("new/.ckpt/task.json", "new");
    CHECK(exists("new/file"));

    CHECK_INT(mkdir_p("old/results", 0755), 0);
    CHECK_INT(mkdir_p("new/results/.ckpt", 0700), 0);
    place_commit(made("new/results/.ckpt", NULL, 0));
    CHECK(exists("new/results/.ckpt") && exists("new/file"));
}

TEST(place_may_lie_in_the_last_one)
{
    struct place *place;
    struct ckpt_error err = {0};

    directories_make("store");
    put("old/file", "file");
    keep("old", "store", NULL, 0);
    CHECK_INT(mkdir_p("old/retry", 0755), 0);
    CHECK_INT(make("old", "old/retry", "store", &place, &err), 0);
    place_commit(place);
    check_content("old/retry/file", "file");
    CHECK_INT(entries("old/retry"), 1);
    forget();

    /* And the other way round: the last one is not moved away under our feet. */
    CHECK_INT(mkdir_p("new/last", 0755), 0);
    put("new/last/file", "file");
    keep("new/last", "store", NULL, 0);
    CHECK_INT(make("new/last", "new", "store", &place, &err), 0);
    place_commit(place);
    check_content("new/file", "file");
    check_content("new/last/file", "file");
    forget();
}

TEST(place_is_none_where_nothing_moved)
{
    struct place *place = (struct place *)1;
    struct ckpt_error err = {0};

    directories_make("store");
    CHECK_INT(symlink("old", "link"), 0);
    put("old/file", "file");
    keep("old", "store", NULL, 0);
    put("old/later", "");
    CHECK_INT(make("old", "link", "store", &place, &err), 0);
    CHECK(place == NULL);
    CHECK_INT(entries("old"), 1);
    place_commit(NULL);
    place_undo(NULL);
    CHECK_INT(make("old", "gone", "store", &place, &err), -ENOENT);
    CHECK_INT(make("old", "new", "gone", &place, &err), -ENOENT);
    CHECK_INT(entries("new"), 0);
    CHECK_INT(make("gone", "new", "store", &place, &err), 0);
    place_commit(place);
    check_content("new/file", "file");
    forget();
}

/* Everything that can happen to a file afterwards, undone where it is. */
TEST(place_is_rolled_back)
{
    struct place *place;
    struct ckpt_error err = {0};
    struct stat before, after;

    directories_make("store");
    CHECK_INT(mkdir_p("old/d/e", 0755), 0);
    CHECK_INT(mkdir_p("old/gone", 0755), 0);
    put("old/same", "same");
    put("old/appended", "a");
    put("old/overwritten", "abc");
    put("old/truncated", "abc");
    put("old/renamed", "r");
    put("old/deleted", "d");
    put("old/replaced", "one");
    put("old/d/e/deep", "deep");
    CHECK_INT(link("old/same", "old/d/same"), 0);
    CHECK_INT(symlink("a", "old/link"), 0);
    touch("old/same", 0640);
    touch("old/d/e", 0555);
    touch("old/d", 0755);
    CHECK_INT(stat("old/overwritten", &before), 0);
    ino_t inode = before.st_ino;
    CHECK_INT(stat("old/same", &before), 0);
    keep("old", "store", NULL, 0);
    put("old/appended", "ab");
    put("old/overwritten", "xyz");
    put("old/truncated", "");
    CHECK_INT(rename("old/renamed", "old/elsewhere"), 0);
    CHECK_INT(unlink("old/deleted"), 0);
    put("old/other", "two");
    CHECK_INT(rename("old/other", "old/replaced"), 0);
    CHECK_INT(rmdir("old/gone"), 0);
    CHECK_INT(chmod("old/d/e", 0755), 0);
    CHECK_INT(rename("old/d", "old/moved"), 0);
    CHECK_INT(unlink("old/link") | symlink("b", "old/link"), 0);
    put("old/new", "");
    CHECK_INT(make("old", "old", "store", &place, &err), 0);
    forget();
    check_content("old/appended", "a");
    check_content("old/overwritten", "abc");
    CHECK_INT(stat("old/overwritten", &after), 0);
    CHECK(after.st_ino == inode); /* programs remember files by their inodes */
    check_content("old/truncated", "abc");
    check_content("old/renamed", "r");
    check_content("old/deleted", "d");
    check_content("old/replaced", "one");
    check_content("old/d/e/deep", "deep");
    CHECK(exists("old/gone"));
    char target[8] = "";
    CHECK_INT(readlink("old/link", target, sizeof(target)), 1);
    CHECK_STRING(target, "a");
    CHECK_INT(entries("old"), 10);
    CHECK_INT(stat("old/d/same", &after), 0);
    CHECK_INT(after.st_nlink, 2);
    CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    CHECK_INT(stat("old/d/e", &after), 0);
    CHECK_INT(after.st_mode & 07777, 0555);
    CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

/* A new directory with things of its own, of all of which the old one has others. */
static void occupied_make(void)
{
    directories_make("store");
    CHECK_INT(mkdir_p("old/directory/below", 0755), 0);
    CHECK_INT(mkdir_p("new/directory/mine", 0755), 0);
    CHECK_INT(mkdir_p("new/file", 0755), 0);
    put("old/file", "old");
    put("old/other", "old");
    put("old/" LONG_NAME "1", "old");
    put("old/" LONG_NAME "2", "old");
    put("old/only", "old");
    put("new/file/inside", "new");
    put("new/directory/mine/too", "new");
    put("new/" LONG_NAME "1", "new 1");
    put("new/" LONG_NAME "2", "new 2");
    CHECK_INT(symlink("somewhere", "new/other"), 0);
    put("new/more", "new");
}

static void check_untouched(void)
{
    char target[64] = "";

    CHECK_INT(entries("new"), 6);
    check_content("new/file/inside", "new");
    check_content("new/directory/mine/too", "new");
    CHECK(!exists("new/directory/below"));
    check_content("new/" LONG_NAME "1", "new 1");
    check_content("new/" LONG_NAME "2", "new 2");
    CHECK_INT(readlink("new/other", target, sizeof(target)), 9);
    check_content("new/more", "new");
}

TEST(place_undone_is_as_before)
{
    occupied_make();
    struct place *place = made("store", NULL, 0);
    check_content("new/file", "old");
    check_content("new/" LONG_NAME "1", "old");
    CHECK(exists("new/only") && exists("new/directory/below") && !exists("new/directory/mine"));
    place_undo(place);
    check_untouched();
    CHECK_INT(entries("old"), 6);
}

TEST(place_committed_keeps_nothing_aside)
{
    occupied_make();
    place_commit(made("store", NULL, 0));
    CHECK_INT(entries("new"), 6);
    check_content("new/file", "old");
    check_content("new/other", "old");
    check_content("new/" LONG_NAME "1", "old");
    check_content("new/" LONG_NAME "2", "old");
    CHECK(exists("new/directory/below") && !exists("new/directory/mine"));
}

/* One that is killed in between never comes to its end. */
TEST(place_begun_by_one_that_was_killed_is_begun_again)
{
    occupied_make();
    pid_t pid = fork();
    if (pid == 0) {
        made("store", NULL, 0);
        _exit(0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(exists("new/.ckpt-aside/file/inside"));
    put("old/only", "newer");
    struct place *place = made("store", NULL, 0);
    check_content("new/only", "newer");
    CHECK(!exists("new/.ckpt-aside/.ckpt-aside"));
    place_undo(place);
    check_content("new/file/inside", "new");
    check_content("new/" LONG_NAME "2", "new 2");
    entries("new");
}

/* The rest of the test is that of an ordinary user, who is refused things. */
static void become_ordinary(void)
{
    if (geteuid() != 0)
        return;
    CHECK_INT(chown(".", 65534, 65534), 0);
    CHECK_INT(setgid(65534), 0);
    CHECK_INT(setuid(65534), 0);
    prctl(PR_SET_DUMPABLE, 1); /* for the search for leaks */
}

TEST(place_that_cannot_be_made_leaves_the_directory_as_before)
{
    struct place *place;
    struct ckpt_error err = {0};

    become_ordinary();
    occupied_make();
    keep("old", "store", NULL, 0);
    for (size_t i = 0; i < files.last.count; i++) {
        if (strcmp(files.last.entries[i].path, "only") == 0)
            CHECK_INT(unlinkat(generation, files.last.entries[i].content.name, 0), 0);
    }
    CHECK_INT(make("old", "new", "store", &place, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "bring back 'only'");
    check_untouched();
    forget();
}

/* Its owner may always let himself read it. */
TEST(place_holds_files_that_nobody_may_read)
{
    become_ordinary();
    directories_make("store");
    CHECK_INT(mkdir_p("old/closed", 0755), 0);
    put("old/closed/secret", "old");
    CHECK_INT(chmod("old/closed/secret", 0), 0);
    CHECK_INT(chmod("old/closed", 0), 0);
    place_commit(made("store", NULL, 0));
    check_same("closed");
    CHECK_INT(chmod("old/closed", 0755) | chmod("new/closed", 0755), 0);
    check_same("closed/secret");
    CHECK_INT(chmod("new/closed/secret", 0600), 0);
    check_content("new/closed/secret", "old");
}

TEST(place_with_closed_directories_is_undone_and_committed)
{
    become_ordinary();
    directories_make("store");
    CHECK_INT(mkdir_p("old/closed/inner", 0755), 0);
    put("old/closed/inner/file", "old");
    touch("old/closed/inner", 0555);
    touch("old/closed", 0555);
    struct place *place = made("store", NULL, 0);
    check_same("closed");
    check_same("closed/inner");
    place_undo(place);
    CHECK_INT(entries("new"), 0);

    CHECK_INT(mkdir_p("new/closed/mine", 0755), 0);
    CHECK_INT(chmod("new/closed/mine", 0555), 0);
    place_commit(made("store", NULL, 0));
    CHECK(exists("new/closed/inner/file") && !exists("new/closed/mine"));
    CHECK_INT(entries("new"), 1);
}
