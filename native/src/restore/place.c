/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Making the working directory of a restart. In a new directory everything that is there steps aside first, so that a
 * restart which comes to nothing leaves the engine's own files as they were. */
#include "restore/place.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "files/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASIDE ASIDE_PREFIX /* in the new directory, what stood there, by its old name */

struct place {
    struct rollback rollback;
    int to, from, aside;
    bool cleared; /* all that is in the new directory is ours */
    struct stat store;
    /* Entries of the new directory that hold the store, the old directory; or zero. */
    struct stat held[2];
};

void place_entry_above(const char *path, const struct stat *top, struct stat *ret)
{
    struct stat status, before = {0};
    cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    memset(ret, 0, sizeof(*ret));
    while (fd >= 0 && fstat(fd, &status) == 0 && !status_is_same(&status, &before)) {
        if (status_is_same(&status, top)) {
            *ret = before;
            return;
        }
        before = status;
        int parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = parent;
    }
}

/* ---- aside ---- */

/* Calls what for each name at the top level of the directory that a restart has to do with. */
static int names_each(const struct place *place, int directory,
                      int (*what)(const struct place *place, int directory, const char *name))
{
    struct dirent *entry;
    int error = 0;
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL)
        return -errno;
    while (error == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !walk_leaves_out(entry->d_name, place->rollback.excludes,
                             place->rollback.exclude_count))
            error = what(place, directory, entry->d_name);
    }
    return error < 0 ? error : -errno;
}

static bool is_untouchable(const struct place *place, int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (status_is_same(&status, &place->store) || status_is_same(&status, &place->held[0]) ||
            status_is_same(&status, &place->held[1]));
}

static int name_put_aside(const struct place *place, int directory, const char *name)
{
    if (is_untouchable(place, directory, name))
        return 0;
    return renameat(directory, name, place->aside, name) < 0 ? -errno : 0;
}

static int name_remove(const struct place *place, int directory, const char *name)
{
    if (is_untouchable(place, directory, name))
        return 0;
    return remove_tree_at(directory, name) < 0 ? -errno : 0;
}

static int name_put_back(const struct place *place, int directory, const char *name)
{
    if (remove_tree_at(place->to, name) < 0 || renameat(directory, name, place->to, name) < 0)
        return -errno;
    return 0;
}

/* Puts everything back that stands aside. */
static int aside_restore(const struct place *place)
{
    cleanup_fd int aside =
        openat(place->to, ASIDE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (aside < 0)
        return errno == ENOENT ? 0 : -errno;
    int error = names_each(place, aside, name_put_back);
    return error == 0 && unlinkat(place->to, ASIDE, AT_REMOVEDIR) < 0 ? -errno : error;
}

/* One that was killed on the way has left things aside. */
static int aside_make(struct place *place, struct ckpt_error *err)
{
    if (aside_restore(place) < 0 || mkdirat(place->to, ASIDE, 0700) < 0)
        return ckpt_error_errno(err, "make '%s' in the new working directory", ASIDE);
    place->aside = openat(place->to, ASIDE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (place->aside < 0)
        return ckpt_error_errno(err, "open '%s'", ASIDE);
    int error = names_each(place, place->to, name_put_aside);
    place->cleared = error == 0;
    return error == 0 ? 0
                      : ckpt_error_set(err, -error, "put aside what is in the new directory: %s",
                                       strerror(-error));
}

/* ---- the place ---- */

static void place_free(struct place *place)
{
    if (place->to >= 0)
        close(place->to);
    if (place->from >= 0)
        close(place->from);
    if (place->aside >= 0)
        close(place->aside);
    free(place);
}

void place_commit(struct place *place)
{
    if (place == NULL)
        return;
    remove_tree_at(place->to, ASIDE);
    place_free(place);
}

void place_undo(struct place *place)
{
    if (place == NULL)
        return;
    if (place->cleared)
        names_each(place, place->to, name_remove);
    if (place->aside >= 0)
        aside_restore(place);
    place_free(place);
}

static int place_open(struct place *place, const struct place_spec *spec, struct ckpt_error *err)
{
    struct stat target;

    place->to = open(spec->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->to < 0 || fstat(place->to, &target) < 0)
        return ckpt_error_errno(err, "open '%s'", spec->to);
    if (stat(spec->store, &place->store) < 0)
        return ckpt_error_errno(err, "stat '%s'", spec->store);
    place->from = open(spec->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    place_entry_above(spec->store, &target, &place->held[0]);
    place_entry_above(spec->from, &target, &place->held[1]);
    place->rollback = (struct rollback){
        .catalog = spec->catalog,
        .contents = spec->contents,
        .to = place->to,
        .from = place->from,
        .excludes = spec->excludes,
        .exclude_count = spec->exclude_count,
        .store = &place->store,
        .notes = spec->notes,
        .workdir = spec->workdir,
        .held = place->held,
        .held_count = 2,
    };
    return rollback_check(&place->rollback, err);
}

static bool is_same_directory(const struct place *place)
{
    struct stat here, there;

    return place->from >= 0 && fstat(place->from, &there) == 0 && fstat(place->to, &here) == 0 &&
           status_is_same(&here, &there);
}

/* In /tmp and wherever else the tree has written to; without lost nothing is touched. */
static int outside_make(const struct place *place, struct rollback_lost *lost,
                        struct ckpt_error *err)
{
    struct rollback outside = place->rollback;
    cleanup_fd int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (top < 0)
        return ckpt_error_errno(err, "open '/'");
    outside.outside = true;
    outside.to = outside.from = top;
    outside.held_count = 0;
    return lost == NULL ? rollback_check(&outside, err) : rollback_run(&outside, lost, err);
}

int place_make(const struct place_spec *spec, struct place **ret, struct rollback_lost *lost,
               struct ckpt_error *err)
{
    struct place *place = calloc(1, sizeof(*place));

    *ret = NULL;
    if (place == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    place->to = place->from = place->aside = -1;
    int error = place_open(place, spec, err);
    if (error == 0)
        error = outside_make(place, NULL, err);
    bool in_place = error == 0 && is_same_directory(place);
    if (error == 0 && !in_place)
        error = aside_make(place, err);
    if (error == 0)
        error = rollback_run(&place->rollback, lost, err);
    if (error == 0)
        error = outside_make(place, lost, err);
    if (error < 0)
        place_undo(place);
    else if (in_place)
        place_free(place);
    else
        *ret = place;
    return error;
}
