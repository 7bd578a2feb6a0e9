/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Deciding for each file how it joins the generation, while the tree stands still. */
#include "files/internal.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "files/attributes.h"
#include "files/walk.h"
#include "store/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALL    (64U << 10) /* held in memory: opening it twice would cost as much */
#define HELD_MAX (16U << 20) /* as long as there are not too many */
#define PAGE     4096ULL
#define OPEN_MAX 256 /* files kept open for reading after the pause */

/* One capture under way. */
struct pass {
    struct files *files;
    struct files_job *job;
    const struct tree_image *tree;
    struct catalog_index *previous;
    size_t *linked; /* entries of files with several names */
    size_t linked_count;
    size_t *covers; /* entries of directories that were noted */
    size_t cover_count;
    unsigned generation, contents, open;
    uint64_t held;  /* bytes of small files */
    int64_t now_ns; /* by the clock of whoever stamps files */
};

/* ---- one file, while the tree stands still ---- */

/* Timestamps may be another host's: what is written now tells. The earlier of the two clocks is the careful one. */
static int64_t stamping_clock_ns(int dirfd)
{
    int64_t ours = realtime_ns(), theirs = ours;
    struct stat status;
    cleanup_fd int fd = openat(dirfd, ".now", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd >= 0 && write(fd, ".", 1) == 1 && fstat(fd, &status) == 0)
        theirs = (int64_t)status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
    unlinkat(dirfd, ".now", 0);
    return theirs < ours ? theirs : ours;
}

static bool is_mapped(const struct pass *pass, const struct stat *status)
{
    for (size_t i = 0; i < pass->tree->written_count; i++) {
        if (pass->tree->written[i] == status->st_ino)
            return true;
    }
    return false;
}

static bool is_open_for_writing(const struct pass *pass, const struct stat *status)
{
    for (size_t i = 0; i < pass->tree->description_count; i++) {
        const struct image_description *description = &pass->tree->descriptions[i];
        if (description->kind == DESCRIPTION_REGULAR && description->inode == status->st_ino &&
            description->device == status->st_dev && (description->flags & O_ACCMODE) != O_RDONLY)
            return true;
    }
    return false;
}

/* The first entry of this pass that is the same file, or -1. */
static int same_find(struct pass *pass, size_t entry, const struct stat *status)
{
    const struct file_entry *entries = pass->job->catalog.entries;
    size_t *added;

    for (size_t i = 0; i < pass->linked_count; i++) {
        const struct file_stamp *stamp = &entries[pass->linked[i]].stamp;
        if (stamp->inode == status->st_ino && stamp->device == status->st_dev)
            return (int)pass->linked[i];
    }
    added = array_add(&pass->linked, &pass->linked_count, sizeof(*added));
    if (added != NULL)
        *added = entry;
    return -1;
}

static struct files_todo *todo_add(struct pass *pass, enum todo_kind kind, size_t entry,
                                   const struct file_entry *before)
{
    struct files_job *job = pass->job;
    struct catalog *last = &pass->files->last; /* holds what was before */
    struct files_todo *todo = array_add(&job->todo, &job->todo_count, sizeof(*todo));

    if (todo == NULL)
        return NULL;
    *todo = (struct files_todo){.kind = kind, .entry = entry, .fd = -1};
    todo->job.dirfd = job->dirfd;
    todo->job.previous_dirfd = job->previous_dirfd;
    if (before != NULL && before->content.name[0] != 0)
        todo->job.previous = &last->entries[before - last->entries].content;
    snprintf(todo->content.name, sizeof(todo->content.name), CONTENT_PREFIX "%u-%u",
             pass->generation, ++pass->contents);
    return todo;
}

/* Making a file in the store takes long where that lies on another host, so small ones wait in memory. */
static bool can_hold(struct pass *pass, uint64_t size)
{
    if (size > SMALL || pass->held + size > HELD_MAX)
        return false;
    if (pass->job->held < 0)
        pass->job->held = memfd_create("files", MFD_CLOEXEC);
    return pass->job->held >= 0;
}

static enum todo_kind change_decide(struct pass *pass, const struct file_entry *entry,
                                    const struct stat *status)
{
    if (can_hold(pass, entry->stamp.size))
        return TODO_HELD;
    return pass->files->pressing || entry->unsure || is_open_for_writing(pass, status) ||
                   pass->open >= OPEN_MAX
               ? TODO_FINISH
               : TODO_READ;
}

/* A file that has changed, or may have. */
static int changed_visit(struct pass *pass, int directory, const char *name,
                         const struct stat *status, size_t index, const struct file_entry *before,
                         struct ckpt_error *err)
{
    struct file_entry *entry = &pass->job->catalog.entries[index];
    uint64_t size = entry->stamp.size;
    enum todo_kind kind = change_decide(pass, entry, status);
    cleanup_fd int fd = open_for_reading(directory, name, 0, status);
    struct files_todo *todo = todo_add(pass, kind, index, before);

    if (fd < 0)
        return ckpt_error_errno(err, "read '%s' of the working directory", entry->path);
    if (todo == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    if (kind == TODO_READ) {
        todo->fd = steal_fd(&fd);
        todo->links = status->st_nlink;
        pass->open++;
        return 0;
    }
    if (kind == TODO_HELD) {
        todo->job.base = pass->held;
        pass->held += (size + PAGE - 1) & ~(PAGE - 1);
        return content_hold(fd, size, pass->job->held, todo->job.base, err);
    }
    return todo_take(pass->files, todo, fd, size, err);
}

static int regular_visit(void *context, int directory, const char *name, const struct stat *status,
                         size_t index, struct ckpt_error *err)
{
    struct pass *pass = context;
    struct file_entry *entry = &pass->job->catalog.entries[index];
    const struct file_entry *before =
        catalog_index_find(pass->previous, status->st_dev, status->st_ino);
    bool mapped = is_mapped(pass, status);

    if (status->st_nlink > 1 && (entry->same_as = same_find(pass, index, status)) >= 0)
        return 0;
    if (before != NULL && before->kind != FILE_REGULAR)
        before = NULL;
    entry->unsure = mapped || entry->stamp.ctime_ns > pass->now_ns - TICK_NS;
    if (before == NULL || before->unsure || mapped ||
        !file_stamps_equal(&before->stamp, &entry->stamp))
        return changed_visit(pass, directory, name, status, index, before, err);
    if (before->content.name[0] == 0) {
        return entry->stamp.size >= pass->files->reference_from
                   ? 0
                   : changed_visit(pass, directory, name, status, index, NULL, err);
    }
    return todo_add(pass, TODO_KEEP, index, before) != NULL
               ? 0
               : ckpt_error_set(err, ENOMEM, "no memory");
}

/* Whether the path is that of a noted directory, or lies in one: a directory that the tree has made is walked whole. */
static bool is_covered(const struct pass *pass, const char *path, bool outside)
{
    for (size_t i = 0; i < pass->cover_count; i++) {
        const struct file_entry *entry = &pass->job->catalog.entries[pass->covers[i]];
        size_t length = strlen(entry->path);
        if (entry->outside == outside && strncmp(entry->path, path, length) == 0 &&
            (path[length] == 0 || path[length] == '/'))
            return true;
    }
    return false;
}

static int noted_one(struct pass *pass, struct walk *walk, const char *name, int top,
                     struct ckpt_error *err)
{
    size_t before = walk->catalog->count, *cover;
    int error = walk_name(walk, walk->outside ? top : pass->files->root, name, err);

    if (error < 0 || walk->catalog->count == before ||
        walk->catalog->entries[before].kind != FILE_DIRECTORY)
        return error;
    cover = array_add(&pass->covers, &pass->cover_count, sizeof(*cover));
    if (cover == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    *cover = before;
    return 0;
}

/* Sorted as they are, a directory comes before what is in it. */
static int noted_capture(struct pass *pass, struct walk *walk, struct ckpt_error *err)
{
    const struct notes *notes = &pass->files->notes;
    cleanup_fd int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = 0;

    for (size_t i = 0; error == 0 && i < notes->count; i++) {
        const char *name = noted_name(pass->files->workdir, pass->files->dedicated,
                                      notes->list[i].path, &walk->outside);
        walk->left_alone = walk->outside && !notes->list[i].created;
        if (name != NULL && !is_covered(pass, name, walk->outside))
            error = noted_one(pass, walk, name, top, err);
    }
    return error;
}

static int excludes_copy(const struct files *files, struct catalog *catalog)
{
    for (size_t i = 0; i < files->exclude_count; i++) {
        struct file_exclude *exclude =
            array_add(&catalog->excludes, &catalog->exclude_count, sizeof(*exclude));
        if (exclude == NULL || (exclude->glob = strdup(files->excludes[i])) == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int numbers_note(const struct files *files, struct catalog *catalog, struct ckpt_error *err)
{
    struct file_number root;
    int error = root_number(files, &root, err);

    if (error < 0)
        return error;
    catalog->root = number_known(files->numbers, root, NULL);
    for (size_t i = 0; i < catalog->count; i++) {
        struct file_entry *entry = &catalog->entries[i];
        entry->known_ctime_ns = entry->stamp.ctime_ns;
        entry->known =
            number_known(files->numbers, number_of(&entry->stamp), &entry->known_ctime_ns);
    }
    return 0;
}

static int pass_run(struct pass *pass, struct store *store, struct ckpt_error *err)
{
    struct files *files = pass->files;
    struct catalog *catalog = &pass->job->catalog;
    struct walk walk = walk_of(files, catalog);

    pass->now_ns = stamping_clock_ns(pass->job->dirfd);
    walk.previous = pass->previous;
    walk.regular = regular_visit;
    walk.context = pass;
    int error = notes_read(&files->notes, store->dirfd, err);
    if (error == 0 && files->dedicated)
        error = walk_directory(&walk, files->root, err);
    if (error == 0)
        error = noted_capture(pass, &walk, err);
    if (error == 0)
        error = numbers_note(files, catalog, err);
    catalog->dedicated = files->dedicated;
    catalog->notes_bytes = files->notes.bytes;
    pass->job->notes_sum = notes_sum(&files->notes);
    if (error == 0 && excludes_copy(files, catalog) < 0)
        error = ckpt_error_set(err, ENOMEM, "no memory");
    return error;
}

int files_capture(struct files *files, const struct tree_image *tree, struct store *store,
                  unsigned generation, int dirfd, struct files_job *ret, struct ckpt_error *err)
{
    struct pass pass = {.files = files,
                        .job = ret,
                        .tree = tree,
                        .generation = generation,
                        .previous = catalog_index_new(&files->last)};
    int error = 0;

    *ret = (struct files_job){
        .files = files, .store = store, .dirfd = dirfd, .previous_dirfd = -1, .held = -1};
    if (pass.previous == NULL)
        error = ckpt_error_set(err, ENOMEM, "no memory");
    if (error == 0 && files->last_generation != 0)
        error = generation_open(store, files->last_generation, &ret->previous_dirfd, err);
    if (error == 0)
        error = pass_run(&pass, store, err);
    catalog_index_free(pass.previous);
    free(pass.covers);
    free(pass.linked);
    return error;
}
