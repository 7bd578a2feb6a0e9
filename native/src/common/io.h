/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_IO_H
#define CKPT_COMMON_IO_H

/* Whole reads and writes. All return 0 or -errno (or a count where said) and leave errno set as
 * well, so that ckpt_error_errno() can follow. dirfd may be AT_FDCWD. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A whole regular file of at most limit bytes (-EFBIG if larger), with a NUL after the last byte
 * that *ret_size does not count. The caller frees *ret_data. A symbolic link or anything but a
 * regular file is refused with -EINVAL/-ELOOP. */
int read_file_at(int dirfd, const char *name, size_t limit, char **ret_data, size_t *ret_size);

/* Replaces the file in one step, mode 0600: a reader sees the old or the new content, never part
 * of it. With sync both file and directory have reached the disk on return. Only one writer per
 * name at a time. */
int write_file_atomic_at(int dirfd, const char *name, const void *data, size_t size, bool sync);

/* Until size bytes or the end of the file; the count. */
ssize_t read_full(int fd, void *data, size_t size);
ssize_t pread_full(int fd, void *data, size_t size, off_t offset);

/* All of it. */
int write_full(int fd, const void *data, size_t size);
int pwrite_full(int fd, const void *data, size_t size, off_t offset);

/* The directory and its missing parents; the mode is for each that is made. */
int mkdir_p(const char *path, mode_t mode);

/* Before a directory of a network filesystem is listed: its client may remember an older list for a minute, unless it is
 * told to ask its server. A name that is looked up and not there may be remembered as well, so look for it in a list. */
void directory_refresh(int dirfd);

/* The entry and, if it is a directory, everything below; symbolic links are never followed. A
 * missing entry is fine. */
int remove_tree_at(int dirfd, const char *name);

/* Whether both are of one file. */
bool status_is_same(const struct stat *a, const struct stat *b);
/* Whether both paths lead to one file; false if either leads nowhere. */
bool paths_are_same(const char *a, const char *b);
/* Whether the path leads to what fd has open; flags as of fstatat(2). */
bool path_names(int dirfd, const char *path, int flags, int fd);

#endif
