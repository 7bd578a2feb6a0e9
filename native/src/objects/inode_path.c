/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * From an inode back to a path, by looking: the kernel tells no more, except to root. */
#include "objects/inode_path.h"

#include "common/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ENTRIES_MAX 20000 /* looked at below working directories; everybody waits meanwhile */
#define DEPTH_MAX   12

static const char *const usual[] = {"/", "/tmp", "/dev/shm", "/etc", "/var/tmp", "/dev", "/home"};

struct search {
    char root[32]; /* of the process, as we see it */
    dev_t device;
    ino_t inode;
    size_t looked_at;
};

static bool is_wanted(struct search *search, const char *path)
{
    char full[PATH_MAX];
    struct stat status;

    return snprintf(full, sizeof(full), "%s%s", search->root, path) < (int)sizeof(full) &&
           stat(full, &status) == 0 && status.st_ino == search->inode &&
           status.st_dev == search->device;
}

/* The path itself or a directory above it. */
static char *above_find(struct search *search, const char *path)
{
    cleanup_free char *at = path == NULL || path[0] != '/' ? NULL : strdup(path);

    while (at != NULL && at[0] != 0) {
        if (is_wanted(search, at))
            return strdup(at);
        *strrchr(at, '/') = 0;
    }
    return NULL;
}

static char *below_find(struct search *search, const char *path, int depth)
{
    char full[PATH_MAX], next[PATH_MAX];
    struct dirent *entry;
    char *found = NULL;

    snprintf(full, sizeof(full), "%s%s", search->root, path);
    cleanup_dir DIR *dir = depth > DEPTH_MAX ? NULL : opendir(full);
    while (dir != NULL && found == NULL && search->looked_at < ENTRIES_MAX &&
           (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(next, sizeof(next), "%s/%s", path, entry->d_name) >= (int)sizeof(next))
            continue;
        search->looked_at++;
        if (entry->d_ino == search->inode && is_wanted(search, next))
            found = strdup(next);
        else if (entry->d_type == DT_DIR)
            found = below_find(search, next, depth + 1);
    }
    return found;
}

char *inode_path_find(const struct tree_image *tree, pid_t outer, dev_t device, ino_t inode)
{
    struct search search = {.device = device, .inode = inode};
    char *found = NULL;

    snprintf(search.root, sizeof(search.root), "/proc/%d/root", (int)outer);
    for (size_t i = 0; found == NULL && i < tree->process_count; i++)
        found = above_find(&search, tree->processes[i].cwd);
    for (size_t i = 0; found == NULL && i < tree->description_count; i++)
        found = above_find(&search, tree->descriptions[i].path);
    for (size_t i = 0; found == NULL && i < sizeof(usual) / sizeof(usual[0]); i++)
        found = is_wanted(&search, usual[i]) ? strdup(usual[i]) : NULL;
    for (size_t i = 0; found == NULL && i < tree->process_count; i++) {
        const char *cwd = tree->processes[i].cwd;
        if (cwd != NULL && (i == 0 || tree->processes[i - 1].cwd == NULL ||
                            strcmp(cwd, tree->processes[i - 1].cwd) != 0))
            found = below_find(&search, strcmp(cwd, "/") == 0 ? "" : cwd, 0);
    }
    return found;
}
