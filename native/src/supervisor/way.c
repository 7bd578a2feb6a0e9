/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Choosing the way, saying what stands in it, and its end. */
#include "supervisor/way.h"
#include "common/io.h"
#include "supervisor/run_options.h"

#include "common/cleanup.h"
#include "files/capture.h"
#include "files/move.h"
#include "objects/object.h"
#include "restore/place.h"
#include "store/generation.h"
#include "supervisor/mount_point.h"
#include "supervisor/warning.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what an image takes ---- */

static const struct image_process *holder_find(const struct tree_image *tree, size_t description)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        for (size_t j = 0; j < tree->processes[i].descriptor_count; j++) {
            if (tree->processes[i].descriptors[j].description == (int)description)
                return &tree->processes[i];
        }
    }
    return NULL;
}

static int own_proc_check(const struct namespaces_means *means, const struct tree_image *tree,
                          struct ckpt_error *err)
{
    for (size_t i = 0; !means->proc && i < tree->description_count; i++) {
        const struct image_process *holder = holder_find(tree, i);
        if (!proc_file_needs_own_proc(&tree->descriptions[i]))
            continue;
        return ckpt_error_set(
            err, ENOTSUP, "process %d (%s) has '%s' open, which takes a /proc of its own: %s",
            holder == NULL ? 0 : (int)holder->pid, holder == NULL ? "?" : holder->name,
            tree->descriptions[i].path, means->why.message);
    }
    return 0;
}

static int image_check(const struct namespaces_means *means, const struct tree_image *tree,
                       struct ckpt_error *err)
{
    if (!means->mounts && tree->terminal_count > 0)
        return ckpt_error_set(err, ENOTSUP,
                              "it has a terminal, which takes a /dev/pts of its own: %s",
                              means->why.message);
    return own_proc_check(means, tree, err);
}

/* ---- where ---- */

static bool is_empty(const char *path)
{
    cleanup_dir DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return false;
    }
    return dir != NULL;
}

/* What lies at the old path is replaced: it had better be the task's. Hosts may know a filesystem by other devices. */
static bool is_the_tasks(const char *path, const char *attempt_dir, const struct catalog *catalog)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return errno == ENOENT;
    return S_ISDIR(status.st_mode) && (paths_are_same(path, attempt_dir) || is_empty(path) ||
                                       status.st_ino == catalog->root.inode);
}

int way_find(const struct namespaces_means *means, const struct restart_plan *plan,
             const char *attempt_dir, const char *where, struct way *ret, struct ckpt_error *err)
{
    const char *old = plan->manifest.workdir;
    int error = image_check(means, &plan->tree, err);

    *ret = (struct way){0};
    snprintf(ret->work, sizeof(ret->work), "%s", where);
    if (error < 0 || means->mounts || paths_are_same(old, where))
        return error;
    if (!plan->catalog.dedicated)
        return ckpt_error_set(err, ENOTSUP,
                              "it worked in '%s', and '%s' cannot be mounted there: %s", old, where,
                              means->why.message);
    if (!is_the_tasks(old, attempt_dir, &plan->catalog))
        return ckpt_error_set(err, ENOTSUP,
                              "it worked in '%s', where something else is now, and '%s' cannot be "
                              "mounted there: %s",
                              old, where, means->why.message);
    snprintf(ret->work, sizeof(ret->work), "%s", old);
    snprintf(ret->results, sizeof(ret->results), "%s", where);
    return 0;
}

void way_tell(const struct namespaces_means *means, const struct way *way, struct status *status)
{
    if (way->results[0] != 0)
        warn_on_record(status,
                       "the task goes on in its old directory '%s', which does not stay as it was "
                       "left, and its files are moved to '%s' when it has ended: %s",
                       way->work, way->results, means->why.message);
    else if (!means->proc)
        warn_on_record(status, "in /proc the task sees the numbers of the host: %s",
                       means->why.message);
}

static void item_add(struct hostcheck *table, bool ok, const char *detail)
{
    if (table->count >= HOSTCHECK_MAX)
        return;
    struct hostcheck_item *item = &table->items[table->count++];
    *item = (struct hostcheck_item){.name = "image-way", .required = true, .ok = ok};
    snprintf(item->detail, sizeof(item->detail), "%s", detail);
    table->usable &= ok;
}

int way_look(struct store *store, const struct manifest *manifest, unsigned generation,
             struct hostcheck *table, struct ckpt_error *err)
{
    struct namespaces_means means;
    struct tree_image tree = {0};
    struct ckpt_error why = {0};
    char text[sizeof(why.message)];
    int dirfd = -1;

    if (namespaces_check(&means, &why) < 0)
        return 0; /* the table says so already */
    int error = generation_open(store, generation, &dirfd, err);
    cleanup_fd int dir = dirfd;
    if (error == 0)
        error = tree_image_read(&tree, dir, err);
    if (error < 0)
        return error;
    if (image_check(&means, &tree, &why) < 0)
        item_add(table, false, why.message);
    else if (means.mounts)
        item_add(table, true,
                 means.proc ? "in the new directory"
                            : "in the new directory, with the host's /proc");
    else {
        snprintf(text, sizeof(text), "in '%.200s', with the host's /proc; results are moved",
                 manifest->workdir);
        item_add(table, true, text);
    }
    tree_image_free(&tree);
    return 0;
}

/* ---- the end ---- */

int way_finish(const struct way *way, const struct files *files, const struct run_options *options,
               const char *store, struct ckpt_error *err)
{
    struct stat held[8] = {0}, from, to;
    cleanup_fd int here = open(way->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_fd int there = open(way->results, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (here < 0 || there < 0 || fstat(here, &from) < 0 || fstat(there, &to) < 0 ||
        stat(store, &held[0]) < 0)
        return ckpt_error_errno(err, "move the files of '%s' to '%s'", way->work, way->results);
    place_entry_above(store, &from, &held[1]);
    place_entry_above(store, &to, &held[2]);
    place_entry_above(way->results, &from, &held[3]);
    place_entry_above(way->work, &to, &held[4]);
    memcpy(&held[5], files->foreign, sizeof(files->foreign));
    const struct move move = {
        .from = here,
        .to = there,
        .excludes = files->excludes,
        .exclude_count = files->exclude_count,
        .each_own = options->each_own,
        .each_own_count = options->each_own_count,
        .held = held,
        .held_count = 8,
        .catalog = &files->last,
        .clears = options->reference_from == UINT64_MAX && mount_point_is_ours(way->work),
    };
    return move_files(&move, err);
}
