/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Doing what has been decided for each file: most of it when the tree runs again. */
#include "files/internal.h"

#include "common/io.h"
#include "files/attributes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLONE_FROM (1U << 20)
#define LOOK_PART  16         /* of the bytes written */
#define LOOK_LEAST (1U << 20) /* anyhow: a block */

int todo_take(struct files *files, struct files_todo *todo, int fd, uint64_t size,
              struct ckpt_error *err)
{
    bool clone = size >= CLONE_FROM && !files->cannot_clone;

    todo->job.content = &todo->content;
    int error = content_take(&todo->job, fd, size, clone, err);
    if (error == 0 && clone && !todo->job.cloned)
        files->cannot_clone = true;
    return error;
}

/* Whether the file stayed as it was while it was read. A new time of change alone may come from a new name, or none. */
static bool stayed(const struct files_job *job, const struct files_todo *todo)
{
    const struct file_entry *entry = &job->catalog.entries[todo->entry];
    struct file_entry now = {0};
    struct stat status, named;

    if (fstat(todo->fd, &status) < 0)
        return false;
    attributes_from_status(&status, &now);
    if (file_stamps_equal(&now.stamp, &entry->stamp))
        return true;
    if (now.stamp.size != entry->stamp.size || now.stamp.mtime_ns != entry->stamp.mtime_ns)
        return false;
    return status.st_nlink != todo->links || entry_stat(job->files, entry, &named) < 0 ||
           !status_is_same(&named, &status);
}

static int read_later(struct files_job *job, struct files_todo *todo, struct ckpt_error *err)
{
    const struct file_entry *entry = &job->catalog.entries[todo->entry];
    struct ckpt_error reason = {0};
    int error = todo_take(job->files, todo, todo->fd, entry->stamp.size, &reason);

    if (error == -ESTALE || (error == 0 && !stayed(job, todo))) {
        job->files->pressing = true;
        return ckpt_error_set(err, EAGAIN, "'%s' was written to while it was copied", entry->path);
    }
    close(todo->fd);
    todo->fd = -1;
    return error == 0 ? 0 : ckpt_error_set(err, -error, "'%s': %s", entry->path, reason.message);
}

/* ---- contents that generations share ---- */

/* Reading finds what the time of a file does not tell. Each generation reads as much as may be in vain: a part of what it
 * has written itself; the next one goes on from there. */
static uint64_t look_size(const struct manifest *manifest)
{
    uint64_t part = manifest_bytes(manifest) / LOOK_PART;

    if (manifest->cause == MANIFEST_SIGNAL || manifest->cause == MANIFEST_TIME_LIMIT)
        return 0; /* there may not be the time */
    return part < LOOK_LEAST ? LOOK_LEAST : part;
}

/* The part of a shared content whose turn it is. */
static int shared_look(struct files_job *job, const struct files_todo *todo)
{
    uint64_t begin = job->shared, end = begin + todo->content.size;
    uint64_t from = job->files->looked_at, to = from + job->look;

    job->shared = end;
    from = from < begin ? begin : from;
    to = to > end ? end : to;
    return from < to ? content_check(&todo->job, from - begin, to - from) : 0;
}

static void shared_looked(struct files_job *job)
{
    job->files->looked_at += job->look;
    if (job->files->looked_at >= job->shared)
        job->files->looked_at = 0;
}

/* A file that has not changed is still there to be stored once more, under the name that was meant for it. */
static int kept_anew(struct files_job *job, struct files_todo *todo, const char *name,
                     struct ckpt_error *err)
{
    const struct file_entry *entry = &job->catalog.entries[todo->entry];
    struct stat status;

    unlinkat(job->dirfd, todo->job.previous->name, 0);
    free(todo->content.sums);
    todo->content = (struct file_content){0};
    strcpy(todo->content.name, name);
    todo->job.previous->damaged = true;
    todo->job.previous = NULL;
    todo->job.kept = false;
    todo->job.healed = true;
    todo->fd = entry_open(job->files, entry);
    if (todo->fd < 0 || fstat(todo->fd, &status) < 0)
        return ckpt_error_set(err, EAGAIN, "'%s' has gone while it was copied", entry->path);
    todo->links = status.st_nlink;
    return read_later(job, todo, err);
}

static int kept_join(struct files_job *job, struct files_todo *todo, struct ckpt_error *err)
{
    char name[CONTENT_NAME_SIZE];

    strcpy(name, todo->content.name);
    int error = content_keep(&todo->job, err);
    return error == -EIO || (error == 0 && shared_look(job, todo) == -EIO)
               ? kept_anew(job, todo, name, err)
               : error;
}

/* Of a file that has grown: what it was is not read again from it. */
static int grown_look(struct files_job *job, struct files_todo *todo, struct ckpt_error *err)
{
    if (!todo->job.kept || todo->job.previous == NULL || shared_look(job, todo) != -EIO)
        return 0;
    todo->job.previous->damaged = true;
    return ckpt_error_set(err, EAGAIN, "'%s' is damaged in the store", todo->content.name);
}

static int todo_do(struct files_job *job, struct files_todo *todo, struct manifest *manifest,
                   struct ckpt_error *err)
{
    struct file_content *content = &job->catalog.entries[todo->entry].content;
    int error = 0;

    todo->job.content = &todo->content;
    if (todo->kind == TODO_KEEP)
        error = kept_join(job, todo, err);
    else if (todo->kind == TODO_HELD)
        error = content_take(&todo->job, job->held, job->catalog.entries[todo->entry].stamp.size,
                             false, err);
    else if (todo->kind == TODO_READ)
        error = read_later(job, todo, err);
    if (error == 0)
        error = content_finish(&todo->job, err);
    if (error == 0 && todo->kind != TODO_KEEP)
        error = grown_look(job, todo, err);
    if (error < 0)
        return error;
    if (todo->job.healed)
        strcpy(job->healed, content->name[0] != 0 ? content->name : todo->content.name);
    *content = todo->content;
    todo->content.sums = NULL;
    if (manifest_add_content(manifest, content->name, content->size, content_sum(content),
                             todo->job.written) < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    return 0;
}

int files_write(struct files_job *job, struct manifest *manifest, struct ckpt_error *err)
{
    int error = 0;

    manifest->notes = (struct manifest_notes){job->catalog.notes_bytes, job->notes_sum};
    error = notes_heal(&job->files->notes, job->store->dirfd, &job->notes_healed, err);
    job->look = look_size(manifest);
    for (size_t i = 0; error == 0 && i < job->todo_count; i++)
        error = todo_do(job, &job->todo[i], manifest, err);
    shared_looked(job);
    return error == 0 ? catalog_write(&job->catalog, job->dirfd, err) : error;
}

void files_committed(struct files_job *job, unsigned generation)
{
    catalog_free(&job->files->last);
    job->files->last = job->catalog;
    job->files->last_generation = generation;
    job->files->pressing = false;
    job->catalog = (struct catalog){0};
}

void files_job_free(struct files_job *job)
{
    for (size_t i = 0; i < job->todo_count; i++) {
        if (job->todo[i].fd >= 0)
            close(job->todo[i].fd);
        content_job_free(&job->todo[i].job);
        free(job->todo[i].content.sums);
    }
    free(job->todo);
    job->todo = NULL;
    job->todo_count = 0;
    if (job->held >= 0)
        close(job->held);
    job->held = -1;
    if (job->previous_dirfd >= 0)
        close(job->previous_dirfd);
    job->previous_dirfd = -1;
    catalog_free(&job->catalog);
}
