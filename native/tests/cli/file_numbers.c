/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Remembers device and inode of files of every kind, and after a wait asks for them again in every way there is. */
#include "testlib.h"

#include <dirent.h>
#include <sys/sysmacros.h>

#define NEW 300

struct number {
    dev_t device;
    ino_t inode;
};

static struct timespec changed; /* d/file */

static const char *const names[] = {".", "d", "d/file", "d/other", "d/link", "fifo", "outside"};
#define COUNT (sizeof(names) / sizeof(names[0]))
static char outside[] = "/tmp/ckpt-numbers-XXXXXX";
static struct number remembered[COUNT], nameless_number;
static int opened, nameless;

static const char *path_of(size_t i)
{
    return strcmp(names[i], "outside") == 0 ? outside : names[i];
}

static void same(const char *how, const char *path, struct number want, dev_t device, ino_t inode)
{
    CHECK(device == want.device && inode == want.inode, "%s of %s: %lx %lu, it was %lx %lu", how,
          path, (long)device, (long)inode, (long)want.device, (long)want.inode);
}

static void make(const char *path)
{
    close(MUST(open(path, O_WRONLY | O_CREAT | O_EXCL, 0644)));
}

static void remember_all(void)
{
    struct stat status;

    for (size_t i = 0; i < COUNT; i++) {
        MUST(lstat(path_of(i), &status));
        remembered[i] = (struct number){status.st_dev, status.st_ino};
    }
    MUST(stat("d/file", &status));
    changed = status.st_ctim;
    MUST(fstat(nameless, &status));
    nameless_number = (struct number){status.st_dev, status.st_ino};
}

static void ask_every_way(const char *path, struct number want)
{
    struct stat status;
    struct stat64 status64;
    struct statx all;

    MUST(lstat(path, &status));
    same("lstat", path, want, status.st_dev, status.st_ino);
    MUST(lstat64(path, &status64));
    same("lstat64", path, want, status64.st_dev, status64.st_ino);
    MUST(fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW));
    same("fstatat", path, want, status.st_dev, status.st_ino);
    MUST(statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO, &all));
    same("statx", path, want, makedev(all.stx_dev_major, all.stx_dev_minor), all.stx_ino);
    MUST(syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO, &all));
    same("syscall(SYS_statx)", path, want, makedev(all.stx_dev_major, all.stx_dev_minor),
         all.stx_ino);
    int fd = MUST(open(path, O_PATH | O_NOFOLLOW));
    MUST(fstat(fd, &status));
    same("fstat", path, want, status.st_dev, status.st_ino);
    close(fd);
}

static void ask_programs(const char *path, struct number want)
{
    char line[256];
    unsigned long device, inode;

    snprintf(line, sizeof(line), "stat -c '%%d %%i' %s", path);
    FILE *from = popen(line, "r");
    CHECK(from != NULL && fscanf(from, "%lu %lu", &device, &inode) == 2, "no answer from stat(1)");
    pclose(from);
    same("stat(1)", path, want, device, inode);
}

static ino_t entry_inode(const char *directory, const char *name)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    ino_t inode = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, name) == 0)
            inode = entry->d_ino;
    }
    closedir(dir);
    return inode;
}

/* What comes into being now is none of those, and no two are the same. */
static void new_ones(void)
{
    static struct number seen[NEW];
    struct stat status;
    char path[32];

    for (int i = 0; i < NEW; i++) {
        snprintf(path, sizeof(path), "d/new-%d", i);
        make(path);
        MUST(stat(path, &status));
        seen[i] = (struct number){status.st_dev, status.st_ino};
        CHECK(status.st_dev == remembered[0].device, "a new file has device %lx instead of %lx",
              (long)status.st_dev, (long)remembered[0].device);
        CHECK(entry_inode("d", path + 2) == status.st_ino, "readdir differs from stat for %s",
              path);
        for (size_t j = 0; j < COUNT; j++)
            CHECK(memcmp(&seen[i], &remembered[j], sizeof(seen[i])) != 0,
                  "new file %d is taken for %s", i, names[j]);
        for (int j = 0; j < i; j++)
            CHECK(memcmp(&seen[i], &seen[j], sizeof(seen[i])) != 0, "new file %d is taken for %d",
                  i, j);
    }
}

int main(void)
{
    struct stat status;

    MUST(mkdir("d", 0755));
    make("d/file");
    make("d/other");
    MUST(link("d/file", "d/same"));
    MUST(symlink("file", "d/link"));
    MUST(mkfifo("fifo", 0644));
    close(MUST(mkstemp(outside)));
    opened = MUST(open("d/file", O_RDWR));
    make("nameless");
    nameless = MUST(open("nameless", O_RDWR));
    MUST(unlink("nameless"));
    remember_all();
    ready();
    wait_go();
    for (size_t i = 0; i < COUNT; i++) {
        ask_every_way(path_of(i), remembered[i]);
        ask_programs(path_of(i), remembered[i]);
    }
    MUST(stat("d/link", &status));
    same("stat of a link", "d/link", remembered[2], status.st_dev, status.st_ino);
    CHECK(memcmp(&status.st_ctim, &changed, sizeof(changed)) == 0, "the time of change is another");
    MUST(chmod("d/file", 0600));
    MUST(stat("d/file", &status));
    CHECK(memcmp(&status.st_ctim, &changed, sizeof(changed)) != 0, "a change is not seen");
    MUST(stat("d/same", &status));
    same("stat", "d/same", remembered[2], status.st_dev, status.st_ino);
    MUST(fstat(opened, &status));
    same("fstat", "d/file, open", remembered[2], status.st_dev, status.st_ino);
    MUST(fstat(nameless, &status));
    same("fstat", "the nameless", nameless_number, status.st_dev, status.st_ino);
    CHECK(entry_inode("d", "file") == remembered[2].inode, "readdir tells another inode");
    new_ones();
    unlink(outside);
    pass();
}
