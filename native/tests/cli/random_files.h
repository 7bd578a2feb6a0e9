/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What random_files remembers of its files, and looking whether they are so. */
#ifndef RANDOM_FILES_H
#define RANDOM_FILES_H

#include "testlib.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#define NAMES     200
#define FOLDERS   6
#define OPEN      4
#define SIZE_MAX_ 200000

/* A file, by whichever names. */
struct file {
    int names; /* 0: free */
    char type; /* f, l */
    unsigned mode;
    off_t size;
    uint64_t sum;
    struct timespec changed;
    int extra; /* the value of its extended attribute, 0: none */
};

struct name {
    int file;           /* -1: free */
    int folder, number; /* folder FOLDERS: the top */
};

static struct file files[NAMES];
static struct name names[NAMES];
static bool folders[FOLDERS];
static unsigned folder_modes[FOLDERS];
static int open_fd[OPEN], open_file[OPEN];
static char *mapped[OPEN]; /* likewise, for long */
static int mapped_file[OPEN];
static size_t mapped_size[OPEN];
static bool has_xattrs;
static uint64_t state, sum = 14695981039346656037u;
static char buffer[SIZE_MAX_ * 2];

static unsigned rnd(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 1099511628211u;
    return h;
}

static const char *path_of(const struct name *name)
{
    static char path[2][64];
    static int which;

    which = !which;
    if (name->folder == FOLDERS)
        snprintf(path[which], sizeof(path[0]), "w/f%d", name->number);
    else
        snprintf(path[which], sizeof(path[0]), "w/d%d/f%d", name->folder, name->number);
    return path[which];
}

/* ---- what a file is, and whether it still is ---- */

static struct file look(const char *path)
{
    struct stat status;
    struct file seen = {0};
    char value[16] = "";
    ssize_t size;

    if (lstat(path, &status) < 0)
        fail("%s is not there", path);
    seen.type = S_ISLNK(status.st_mode) ? 'l' : 'f';
    seen.mode = status.st_mode & 07777;
    seen.size = status.st_size;
    seen.changed = status.st_mtim;
    if (seen.type == 'l') {
        size = readlink(path, buffer, sizeof(buffer));
    } else {
        int fd = MUST(open(path, O_RDONLY));
        size = read(fd, buffer, sizeof(buffer));
        close(fd);
        if (has_xattrs && getxattr(path, "user.extra", value, sizeof(value) - 1) > 0)
            seen.extra = atoi(value);
    }
    seen.sum = hash(14695981039346656037u, buffer, size < 0 ? 0 : (size_t)size);
    return seen;
}

static void remember(int name)
{
    struct file seen = look(path_of(&names[name])), *file = &files[names[name].file];

    seen.names = file->names;
    *file = seen;
    sum = hash(sum, &seen.sum, sizeof(seen.sum));
}

static void check_name(int name)
{
    const char *path = path_of(&names[name]);
    const struct file *want = &files[names[name].file];
    struct file seen = look(path);
    struct stat status;

    MUST(lstat(path, &status));
    CHECK(seen.type == want->type && seen.size == want->size && seen.sum == want->sum,
          "%s: %lld bytes, sum %llx; wanted %lld, %llx", path, (long long)seen.size,
          (unsigned long long)seen.sum, (long long)want->size, (unsigned long long)want->sum);
    CHECK(seen.mode == want->mode && (int)status.st_nlink == want->names &&
              seen.extra == want->extra,
          "%s: mode %o, %d names, attribute %d; wanted %o, %d, %d", path, seen.mode,
          (int)status.st_nlink, seen.extra, want->mode, want->names, want->extra);
    CHECK(seen.changed.tv_sec == want->changed.tv_sec &&
              seen.changed.tv_nsec == want->changed.tv_nsec,
          "%s: changed at %lld.%09ld, wanted %lld.%09ld", path, (long long)seen.changed.tv_sec,
          seen.changed.tv_nsec, (long long)want->changed.tv_sec, want->changed.tv_nsec);
}

static void check_folder(int folder)
{
    struct stat status;
    char path[32];

    if (!folders[folder])
        return;
    snprintf(path, sizeof(path), "w/d%d", folder);
    MUST(lstat(path, &status));
    CHECK(S_ISDIR(status.st_mode) && (status.st_mode & 07777) == folder_modes[folder],
          "%s: mode %o, wanted %o", path, status.st_mode, folder_modes[folder]);
    sum = hash(sum, &folder_modes[folder], sizeof(folder_modes[0]));
}

static int counted;

static int count(const char *path, const struct stat *status, int flag, struct FTW *where)
{
    (void)path, (void)status, (void)flag, (void)where;
    counted++;
    return 0;
}

/* What the whole tree is goes into the sum. */
static void check_all(void)
{
    int wanted = 1;

    for (int i = 0; i < NAMES; i++) {
        if (names[i].file >= 0) {
            const struct file *file = &files[names[i].file];
            check_name(i);
            sum = hash(sum, path_of(&names[i]), strlen(path_of(&names[i])));
            sum = hash(sum, &file->mode, sizeof(file->mode));
            sum = hash(sum, &file->sum, sizeof(file->sum));
            wanted++;
        }
    }
    for (int i = 0; i < FOLDERS; i++) {
        wanted += folders[i];
        check_folder(i);
    }
    counted = 0;
    MUST(nftw("w", count, 16, FTW_PHYS));
    CHECK(counted == wanted, "%d names, wanted %d", counted, wanted);
}

#endif
