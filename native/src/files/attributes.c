/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Saving and restoring what a file is besides its bytes. There are no xattr calls with a directory's descriptor on most
 * kernels, so they go through /proc/self/fd. */
#include "files/attributes.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL

static int64_t time_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

static enum file_kind kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return FILE_REGULAR;
    case S_IFDIR:
        return FILE_DIRECTORY;
    case S_IFLNK:
        return FILE_SYMLINK;
    case S_IFIFO:
        return FILE_FIFO;
    case S_IFSOCK:
        return FILE_SOCKET;
    default:
        return FILE_FOREIGN; /* a device is nothing that a task makes */
    }
}

void attributes_from_status(const struct stat *status, struct file_entry *ret)
{
    ret->kind = kind_of(status->st_mode);
    ret->mode = status->st_mode & 07777;
    ret->uid = status->st_uid;
    ret->gid = status->st_gid;
    ret->stamp = (struct file_stamp){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = ret->kind == FILE_REGULAR ? (uint64_t)status->st_size : 0,
        .mtime_ns = time_ns(&status->st_mtim),
        .ctime_ns = time_ns(&status->st_ctim),
    };
}

bool file_is_unchanged(const struct file_entry *entry, const struct stat *status)
{
    struct file_entry now = {0};

    attributes_from_status(status, &now);
    if (now.kind != entry->kind)
        return false;
    if (file_is_by_reference(entry))
        return now.stamp.size == entry->stamp.size && now.stamp.mtime_ns == entry->stamp.mtime_ns;
    return !entry->unsure && file_stamps_equal(&now.stamp, &entry->stamp);
}

/* ---- extended attributes ---- */

static void path_of(int directory, const char *name, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "/proc/self/fd/%d/%s", directory, name);
}

static int xattr_add(struct file_entry *entry, const char *name, const unsigned char *value,
                     size_t size)
{
    struct file_xattr *xattr =
        array_add(&entry->xattrs, &entry->xattr_count, sizeof(*entry->xattrs));

    if (xattr == NULL)
        return -ENOMEM;
    xattr->name = strdup(name);
    xattr->value = malloc(2 * size + 1);
    if (xattr->name == NULL || xattr->value == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < size; i++)
        sprintf(xattr->value + 2 * i, "%02x", value[i]);
    xattr->value[2 * size] = 0;
    return 0;
}

int xattrs_save(int directory, const char *name, struct file_entry *ret)
{
    char path[PATH_MAX], names[4096];
    cleanup_free unsigned char *value = NULL;

    path_of(directory, name, path);
    ssize_t size = llistxattr(path, names, sizeof(names));
    if (size <= 0)
        return size < 0 && errno == ERANGE ? -ERANGE : 0;
    value = malloc(XATTR_SIZE_MAX);
    if (value == NULL)
        return -ENOMEM;
    for (const char *at = names; at < names + size; at += strlen(at) + 1) {
        ssize_t length = lgetxattr(path, at, value, XATTR_SIZE_MAX);
        if (length >= 0 && xattr_add(ret, at, value, (size_t)length) < 0)
            return -ENOMEM;
    }
    return 0;
}

int xattrs_duplicate(const struct file_entry *from, struct file_entry *ret)
{
    for (size_t i = 0; i < from->xattr_count; i++) {
        struct file_xattr *xattr = array_add(&ret->xattrs, &ret->xattr_count, sizeof(*ret->xattrs));
        if (xattr == NULL)
            return -ENOMEM;
        xattr->name = strdup(from->xattrs[i].name);
        xattr->value = strdup(from->xattrs[i].value);
        if (xattr->name == NULL || xattr->value == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int hex_read(const char *text, unsigned char *ret, size_t room)
{
    size_t size = strlen(text) / 2;
    unsigned byte;

    if (size > room)
        return -EBADMSG;
    for (size_t i = 0; i < size; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return -EBADMSG;
        ret[i] = (unsigned char)byte;
    }
    return (int)size;
}

/* Attributes that came later; the system's own are none of ours. */
static void needless_remove(const char *path, const struct file_entry *entry)
{
    char names[4096];
    ssize_t size = llistxattr(path, names, sizeof(names));

    for (const char *at = names; size > 0 && at < names + size; at += strlen(at) + 1) {
        bool wanted = false;
        for (size_t i = 0; i < entry->xattr_count; i++)
            wanted |= strcmp(entry->xattrs[i].name, at) == 0;
        if (!wanted && strncmp(at, "user.", 5) == 0)
            lremovexattr(path, at);
    }
}

static int xattrs_restore(int directory, const char *name, const struct file_entry *entry)
{
    cleanup_free unsigned char *value = entry->xattr_count > 0 ? malloc(XATTR_SIZE_MAX) : NULL;
    char path[PATH_MAX];

    path_of(directory, name, path);
    needless_remove(path, entry);
    for (size_t i = 0; i < entry->xattr_count; i++) {
        int size =
            value == NULL ? -ENOMEM : hex_read(entry->xattrs[i].value, value, XATTR_SIZE_MAX);
        if (size < 0)
            return size;
        if (lsetxattr(path, entry->xattrs[i].name, value, (size_t)size, 0) < 0 &&
            strncmp(entry->xattrs[i].name, "user.", 5) == 0)
            return -errno;
    }
    return 0;
}

/* ---- everything ---- */

int attributes_restore(int directory, const char *name, const struct file_entry *entry)
{
    struct timespec times[2] = {
        {.tv_nsec = UTIME_NOW},
        {.tv_sec = entry->stamp.mtime_ns / NS_PER_S, .tv_nsec = entry->stamp.mtime_ns % NS_PER_S},
    };

    if (times[1].tv_nsec < 0) {
        times[1].tv_nsec += NS_PER_S;
        times[1].tv_sec--;
    }
    if (geteuid() == 0 &&
        fchownat(directory, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0 &&
        errno != EPERM && errno != EINVAL)
        return -errno;
    int error = xattrs_restore(directory, name, entry);
    if (error < 0)
        return error;
    if (entry->kind != FILE_SYMLINK && fchmodat(directory, name, entry->mode, 0) < 0)
        return -errno;
    return utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}
