/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Small files that are mapped shared and writable: a virtual machine's counters in /tmp, named semaphores and memory
 * in /dev/shm. They are memory that happens to have a name. Others clean such places up when nobody with that pid
 * seems to live, so a file that is gone is made again. In /dev/shm the content is put back as well; elsewhere a
 * file that is still there is left alone, since others may have it mapped too. */
#include "objects/mapped_file.h"

#include "common/cleanup.h"
#include "common/copy.h"
#include "common/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SIZE_MAX_CARRIED (16 << 20) /* of a file on disk; memory is carried whatever its size */
#define MEMORY           "/dev/shm/"

const char *mapped_file_path(const struct tree_image *tree, const struct mapping *mapping)
{
    for (size_t i = 0; i < tree->mapped_file_count; i++) {
        const struct image_mapped_file *file = &tree->mapped_files[i];
        if ((file->inode == mapping->inode && file->device == mapping->device) ||
            (!mapping->deleted && strcmp(file->path, mapping->name) == 0))
            return file->path;
    }
    return NULL;
}

/* sem_open(3) makes a semaphore under a passing name, maps it, and gives it the lasting one: whoever has made it seems
 * to map a deleted file. Where that is so, *ret is the name by which others map it. */
static void name_find(pid_t outer, const struct mapping *mapping, char ret[PATH_MAX])
{
    char directory[64];
    struct dirent *entry;

    snprintf(ret, PATH_MAX, "%s", mapping->name);
    if (!mapping->deleted || strncmp(mapping->name, MEMORY, strlen(MEMORY)) != 0)
        return;
    snprintf(directory, sizeof(directory), "/proc/%d/root" MEMORY, (int)outer);
    cleanup_dir DIR *dir = opendir(directory);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_ino == mapping->inode)
            snprintf(ret, PATH_MAX, MEMORY "%s", entry->d_name);
    }
}

/* A file that cannot be opened for reading is one that a restart cannot make again. */
static int file_open(pid_t outer, const char *path, struct stat *ret)
{
    char seen[PATH_MAX];

    if (snprintf(seen, sizeof(seen), "/proc/%d/root%s", (int)outer, path) >= (int)sizeof(seen))
        return -1;
    cleanup_fd int fd = open(seen, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, ret) < 0 || !S_ISREG(ret->st_mode) ||
        (ret->st_size > SIZE_MAX_CARRIED && strncmp(path, MEMORY, strlen(MEMORY)) != 0))
        return -1;
    return steal_fd(&fd);
}

int mapped_file_save(pid_t outer, const struct mapping *mapping, struct tree_image *tree, int dirfd,
                     struct ckpt_error *err)
{
    char name[PATH_MAX];
    struct stat status;

    if (!mapping->shared || mapping->name[0] != '/' || (mapping->protection & PROT_WRITE) == 0 ||
        mapped_file_path(tree, mapping) != NULL)
        return 0;
    name_find(outer, mapping, name);
    cleanup_fd int from = file_open(outer, name, &status);
    if (from < 0 || status.st_ino != mapping->inode)
        return 0;
    struct image_mapped_file *file = tree_image_add_mapped_file(tree);
    if (file == NULL || (file->path = strdup(name)) == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    file->device = mapping->device;
    file->inode = mapping->inode;
    file->mode = status.st_mode & 07777;
    file->size = (uint64_t)status.st_size;
    snprintf(file->data, sizeof(file->data), "mapped-%zu.data", tree->mapped_file_count);
    cleanup_fd int to = openat(dirfd, file->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = to < 0 ? -errno : content_copy(from, to, file->size);
    if (error < 0)
        return ckpt_error_set(err, -error, "copy '%s', which is mapped: %s", mapping->name,
                              strerror(-error));
    return 0;
}

static int directory_make(const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (slash == NULL || slash == path || slash - path >= (ptrdiff_t)sizeof(parent))
        return 0;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    return mkdir_p(parent, 0755);
}

int mapped_file_restore(const struct image_mapped_file *file, int dirfd, struct ckpt_error *err)
{
    bool is_memory = strncmp(file->path, MEMORY, strlen(MEMORY)) == 0;
    struct stat status;

    if (stat(file->path, &status) == 0 && !is_memory)
        return 0;
    cleanup_fd int from = openat(dirfd, file->data, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return ckpt_error_errno(err, "open '%s'", file->data);
    if (directory_make(file->path) < 0)
        return ckpt_error_errno(err, "make the directory of '%s'", file->path);
    /* No O_CREAT for one that exists: in a sticky directory even its owner may be refused. */
    cleanup_fd int to = open(file->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (to < 0 && errno == ENOENT)
        to = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = to < 0 || ftruncate(to, 0) < 0 ? -errno : content_copy(from, to, file->size);
    if (error == 0 && fchmod(to, file->mode) < 0)
        error = -errno;
    if (error < 0)
        return ckpt_error_set(err, -error, "make '%s' again, which is mapped: %s", file->path,
                              strerror(-error));
    return 0;
}
