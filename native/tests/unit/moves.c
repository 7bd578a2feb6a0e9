/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Files go over from one directory to another, on one filesystem and to another one: whole trees, what both have, and what
 * has to stay behind. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/move.h"

#include <fcntl.h>
#include <sys/stat.h>

static void put(int directory, const char *path, const char *text)
{
    cleanup_fd int fd = openat(directory, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    if (fd < 0)
        unit_fail(__FILE__, __LINE__, "create %s: %s", path, strerror(errno));
    CHECK_INT(write_full(fd, text, strlen(text)), 0);
}

static void has(int directory, const char *path, const char *text)
{
    cleanup_free char *found = NULL;

    if (read_file_at(directory, path, 1 << 20, &found, NULL) < 0)
        unit_fail(__FILE__, __LINE__, "read %s: %s", path, strerror(errno));
    CHECK_STRING(found, text);
}

static bool is_there(int directory, const char *path)
{
    return faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static struct stat status_of(int directory, const char *path)
{
    struct stat status;

    CHECK_INT(fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW), 0);
    return status;
}

/* A file that generations keep by reference, as it is now. */
static void reference_add(struct catalog *catalog, int directory, const char *path)
{
    struct stat status = status_of(directory, path);
    struct file_entry *entry = catalog_add(catalog);

    entry->path = strdup(path);
    entry->kind = FILE_REGULAR;
    entry->stamp.size = (uint64_t)status.st_size;
    entry->stamp.mtime_ns = status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
}

static void left_fill(int from, struct catalog *catalog)
{
    const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1000000000, .tv_nsec = 5}};

    CHECK_INT(mkdirat(from, "tree", 0755), 0);
    CHECK_INT(mkdirat(from, "tree/closed", 0755), 0);
    CHECK_INT(mkdirat(from, "both", 0700), 0);
    put(from, "tree/closed/deep", "deep");
    CHECK_INT(linkat(from, "tree/closed/deep", from, "other name", 0), 0);
    CHECK_INT(fchmodat(from, "tree/closed", 0555, 0), 0);
    CHECK_INT(symlinkat("nowhere", from, "tree/link"), 0);
    CHECK_INT(mkfifoat(from, "fifo", 0600), 0);
    put(from, "both/new", "new");
    put(from, "both/changed", "changed");
    put(from, "same", "the same");
    put(from, "log", "old log");
    put(from, "was a link", "a file");
    put(from, ".own", "of the first");
    put(from, ".own made", "by the task");
    CHECK_INT(symlinkat("/input", from, "input"), 0);
    CHECK_INT(mkdirat(from, "data", 0755), 0);
    put(from, "data/large", "kept by reference");
    reference_add(catalog, from, "data/large");
    put(from, "changed large", "kept by reference");
    reference_add(catalog, from, "changed large");
    put(from, "changed large", "and changed since");
    CHECK_INT(utimensat(from, "both/new", long_ago, 0), 0);
    CHECK_INT(utimensat(from, "both", long_ago, 0), 0);
}

static void right_fill(int to)
{
    CHECK_INT(mkdirat(to, "both", 0755), 0);
    CHECK_INT(mkdirat(to, "both/gone", 0755), 0);
    put(to, "both/changed", "staged");
    put(to, "both/gone/file", "gone");
    put(to, "same", "the same");
    put(to, "log", "new log");
    put(to, "gone", "gone");
    put(to, ".own", "of the second");
    put(to, ".own too", "of the second");
    CHECK_INT(mkdirat(to, "other name", 0755), 0);
    CHECK_INT(symlinkat("/somewhere", to, "was a link"), 0);
    CHECK_INT(symlinkat("/input", to, "input"), 0);
}

static void check_right(int to)
{
    struct stat deep = status_of(to, "tree/closed/deep"), other = status_of(to, "other name");

    has(to, "tree/closed/deep", "deep");
    CHECK_INT(other.st_ino, deep.st_ino);
    CHECK_INT(other.st_nlink, 2);
    CHECK_INT(status_of(to, "tree/closed").st_mode & 07777, 0555);
    CHECK(S_ISLNK(status_of(to, "tree/link").st_mode));
    CHECK(S_ISFIFO(status_of(to, "fifo").st_mode));
    has(to, "both/new", "new");
    has(to, "both/changed", "changed");
    CHECK_INT(status_of(to, "both/new").st_mtim.tv_nsec, 5);
    CHECK_INT(status_of(to, "both").st_mtim.tv_nsec, 5);
    CHECK_INT(status_of(to, "both").st_mode & 07777, 0700);
    has(to, "same", "the same");
    has(to, "log", "new log");
    has(to, "was a link", "a file");
    has(to, ".own", "of the second");
    has(to, ".own too", "of the second");
    has(to, ".own made", "by the task");
    has(to, "data/large", "kept by reference");
    has(to, "changed large", "and changed since");
    CHECK(S_ISLNK(status_of(to, "input").st_mode));
    CHECK(!is_there(to, "gone") && !is_there(to, "both/gone"));
}

static void check_left(int from)
{
    has(from, "same", "the same");
    has(from, "log", "old log");
    has(from, ".own", "of the first");
    has(from, "data/large", "kept by reference");
    CHECK(is_there(from, "input"));
    CHECK(!is_there(from, "tree") && !is_there(from, "other name") && !is_there(from, "both"));
    CHECK(!is_there(from, "fifo") && !is_there(from, "was a link"));
    CHECK(!is_there(from, "changed large"));
}

static void moved(const char *target)
{
    char *excludes[] = {"log"}, *own[] = {".own*"};
    struct catalog catalog = {0};
    struct ckpt_error err = {0};
    struct stat store;

    CHECK_INT(mkdir_p("from/store", 0755), 0);
    cleanup_fd int from = open("from", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_fd int to = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(from >= 0 && to >= 0);
    store = status_of(from, "store");
    left_fill(from, &catalog);
    right_fill(to);
    struct move move = {.from = from,
                        .to = to,
                        .excludes = excludes,
                        .exclude_count = 1,
                        .each_own = own,
                        .each_own_count = 1,
                        .held = &store,
                        .held_count = 1,
                        .catalog = &catalog};
    if (move_files(&move, &err) < 0)
        unit_fail(__FILE__, __LINE__, "%s", err.message);
    check_right(to);
    check_left(from);
    CHECK(is_there(from, "store"));
    catalog_free(&catalog);
}

TEST(files_are_moved)
{
    CHECK_INT(mkdir_p("to", 0755), 0);
    moved("to");
}

TEST(files_are_copied_to_another_filesystem)
{
    char path[] = "/dev/shm/ckpt-unit-XXXXXX";
    struct stat here, there;

    if (mkdtemp(path) == NULL)
        return;
    CHECK_INT(stat(".", &here), 0);
    CHECK_INT(stat(path, &there), 0);
    if (here.st_dev != there.st_dev)
        moved(path);
    CHECK_INT(remove_tree_at(AT_FDCWD, path), 0);
}
