/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The calls that tell a program the device, inode and time of change of a file. After a restart that has made files anew
 * they tell what the program knows them by (numbers.h): SQLite, tar, git and others remember these and compare. What libc
 * itself asks within nftw or fts stays as the kernel says it. Nobody pays before: one look at a variable. */
/* Both names of each function are wanted. */
#undef _FILE_OFFSET_BITS
#include "preload/numbers.h"
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define NS_PER_S 1000000000LL

_Static_assert(sizeof(struct stat) == sizeof(struct stat64) &&
                   offsetof(struct stat, st_ino) == offsetof(struct stat64, st_ino) &&
                   sizeof(struct dirent) == sizeof(struct dirent64),
               "one is the other");

static void stat_translate(const struct numbers *table, void *result)
{
    struct stat *status = result;
    int64_t ctime = status->st_ctim.tv_sec * NS_PER_S + status->st_ctim.tv_nsec;
    struct file_number number =
        number_known(table, (struct file_number){status->st_dev, status->st_ino}, &ctime);

    status->st_dev = number.device;
    status->st_ino = number.inode;
    status->st_ctim.tv_sec = ctime / NS_PER_S;
    status->st_ctim.tv_nsec = ctime % NS_PER_S;
}

static void statx_translate(const struct numbers *table, void *result)
{
    struct statx *status = result;
    int64_t ctime = status->stx_ctime.tv_sec * NS_PER_S + status->stx_ctime.tv_nsec;
    struct file_number number =
        number_known(table,
                     (struct file_number){makedev(status->stx_dev_major, status->stx_dev_minor),
                                          status->stx_ino},
                     &ctime);

    status->stx_dev_major = major(number.device);
    status->stx_dev_minor = minor(number.device);
    status->stx_ino = number.inode;
    status->stx_ctime.tv_sec = ctime / NS_PER_S;
    status->stx_ctime.tv_nsec = (uint32_t)(ctime % NS_PER_S);
}

/* The call is made again if a restart came between it and the table. */
#define KNOWN(call, translate, result)                                                             \
    ({                                                                                             \
        const struct numbers *table_;                                                              \
        uint32_t round_;                                                                           \
        int status_;                                                                               \
        do {                                                                                       \
            round_ = numbers_round();                                                              \
            table_ = numbers_table();                                                              \
            status_ = call;                                                                        \
            if (table_ == NULL || status_ != 0)                                                    \
                break;                                                                             \
            translate(table_, result);                                                             \
        } while (round_ != numbers_round());                                                       \
        status_;                                                                                   \
    })

/* What a program calls that was linked to another libc than the one that is here. */
static int asked_of_the_kernel(int directory, const char *path, void *ret, int flags)
{
    long result = raw4(SYS_newfstatat, directory, path, ret, flags);

    if (result < 0)
        *REAL(errno_location)() = (int)-result;
    return result < 0 ? -1 : 0;
}

#define NEXT_OR(name, arguments, directory, path, flags)                                           \
    (REAL(name) != NULL ? real.name arguments : asked_of_the_kernel(directory, path, status, flags))

#define STAT(name, type, kind)                                                                     \
    EXPORT int name(const char *restrict path, struct type *restrict status)                       \
    {                                                                                              \
        return KNOWN(NEXT_OR(name, (path, status), AT_FDCWD, path, kind), stat_translate, status); \
    }
STAT(stat, stat, 0)
STAT(stat64, stat64, 0)
STAT(lstat, stat, AT_SYMLINK_NOFOLLOW)
STAT(lstat64, stat64, AT_SYMLINK_NOFOLLOW)

#define FSTAT(name, type)                                                                          \
    EXPORT int name(int fd, struct type *status)                                                   \
    {                                                                                              \
        return KNOWN(NEXT_OR(name, (fd, status), fd, "", AT_EMPTY_PATH), stat_translate, status);  \
    }
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

#define FSTATAT(name, type)                                                                        \
    EXPORT int name(int directory, const char *restrict path, struct type *restrict status,        \
                    int flags)                                                                     \
    {                                                                                              \
        return KNOWN(NEXT_OR(name, (directory, path, status, flags), directory, path, flags),      \
                     stat_translate, status);                                                      \
    }
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)

/* What programs call that were linked to a glibc before 2.33. */
int __xstat(int version, const char *path, struct stat *status);
int __xstat64(int version, const char *path, struct stat64 *status);
int __lxstat(int version, const char *path, struct stat *status);
int __lxstat64(int version, const char *path, struct stat64 *status);
int __fxstat(int version, int fd, struct stat *status);
int __fxstat64(int version, int fd, struct stat64 *status);
int __fxstatat(int version, int directory, const char *path, struct stat *status, int flags);
int __fxstatat64(int version, int directory, const char *path, struct stat64 *status, int flags);

#define XSTAT(name, type, kind)                                                                    \
    EXPORT int name(int version, const char *path, struct type *status)                            \
    {                                                                                              \
        return KNOWN(NEXT_OR(name, (version, path, status), AT_FDCWD, path, kind), stat_translate, \
                     status);                                                                      \
    }
XSTAT(__xstat, stat, 0)
XSTAT(__xstat64, stat64, 0)
XSTAT(__lxstat, stat, AT_SYMLINK_NOFOLLOW)
XSTAT(__lxstat64, stat64, AT_SYMLINK_NOFOLLOW)

#define FXSTAT(name, type)                                                                         \
    EXPORT int name(int version, int fd, struct type *status)                                      \
    {                                                                                              \
        return KNOWN(NEXT_OR(name, (version, fd, status), fd, "", AT_EMPTY_PATH), stat_translate,  \
                     status);                                                                      \
    }
FXSTAT(__fxstat, stat)
FXSTAT(__fxstat64, stat64)

#define FXSTATAT(name, type)                                                                       \
    EXPORT int name(int version, int directory, const char *path, struct type *status, int flags)  \
    {                                                                                              \
        return KNOWN(                                                                              \
            NEXT_OR(name, (version, directory, path, status, flags), directory, path, flags),      \
            stat_translate, status);                                                               \
    }
FXSTATAT(__fxstatat, stat)
FXSTATAT(__fxstatat64, stat64)

static int statx_next(int directory, const char *path, int flags, unsigned mask,
                      struct statx *status)
{
    if (REAL(statx) != NULL)
        return real.statx(directory, path, flags, mask, status);
    long result = raw5(SYS_statx, directory, path, flags, mask, status);
    if (result < 0)
        *REAL(errno_location)() = (int)-result;
    return result < 0 ? -1 : 0;
}

EXPORT int statx(int directory, const char *restrict path, int flags, unsigned mask,
                 struct statx *restrict status)
{
    return KNOWN(statx_next(directory, path, flags, mask, status), statx_translate, status);
}

/* ---- directories ---- */

/* What libc has read of the directory may be from before the restart, so each name is looked at. */
static uint64_t inode_known(int directory, const char *name, uint64_t inode)
{
    struct stat status;
    int error = KNOWN((int)raw4(SYS_newfstatat, directory, name, &status, AT_SYMLINK_NOFOLLOW),
                      stat_translate, &status);

    return error < 0 ? inode : status.st_ino;
}

#define READDIR(name, type)                                                                        \
    EXPORT struct type *name(DIR *directory)                                                       \
    {                                                                                              \
        struct type *entry = REAL(name)(directory);                                                \
        if (entry != NULL && numbers_table() != NULL)                                              \
            entry->d_ino = inode_known(REAL(dirfd)(directory), entry->d_name, entry->d_ino);       \
        return entry;                                                                              \
    }
READDIR(readdir, dirent)
READDIR(readdir64, dirent64)
