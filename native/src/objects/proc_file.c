/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Files and directories below /proc, by their paths. What belongs to a process can be opened only once that is there:
 * each process of the tree opens its own when all have been made, so two that shared a description no longer do. Who is
 * not there then, or had gone before, counts as ended. A thread other than the main one comes later still: its process
 * stands in for it.
 *
 * Where the tree has no /proc of its own, the paths have the host's numbers: the image has the tree's.
 *
 * The kernel makes the text of such a file while it is read. The rest of one that is half read would be that of the
 * process being restarted, as it is then: proc_half_read.c sees to that. */
#include "common/cleanup.h"
#include "objects/object.h"
#include "objects/passing.h"
#include "objects/proc_half_read.h"
#include "proc/process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROC    "/proc/"
#define DELETED " (deleted)"

pid_t proc_path_process(const char *path, const char **ret_rest)
{
    char *end;

    if (strncmp(path, PROC, strlen(PROC)) != 0)
        return 0;
    long pid = strtol(path + strlen(PROC), &end, 10);
    if (pid <= 0 || pid > INT32_MAX || (*end != '/' && *end != 0))
        return 0;
    *ret_rest = end;
    return (pid_t)pid;
}

/* "/task/TID/NAME": "/NAME" */
static const char *without_thread(const char *rest)
{
    const char *name = strncmp(rest, "/task/", 6) == 0 ? strchr(rest + 6, '/') : NULL;

    return name == NULL ? rest : name;
}

/* As the tree would see it. */
static int path_save(const struct save_context *context, const char *seen, char **ret,
                     struct ckpt_error *err)
{
    const char *rest;
    pid_t pid = proc_path_process(seen, &rest);
    char path[512];

    snprintf(path, sizeof(path), "%s", seen);
    if (pid != 0 && context->proc_is_hosts) {
        const struct tree_process *process = process_tree_find(context->processes, pid);
        if (process == NULL)
            return ckpt_error_set(err, ENOTSUP, "'%s' is of a process outside of the task", seen);
        snprintf(path, sizeof(path), PROC "%d%s", (int)process->inner, without_thread(rest));
    }
    *ret = strdup(path);
    return *ret == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 0;
}

int proc_file_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err)
{
    const char *rest;
    bool of_process = proc_path_process(seen->target, &rest) != 0;

    if (strncmp(seen->target, PROC, strlen(PROC)) != 0 ||
        (S_ISDIR(seen->status.st_mode) && !of_process))
        return 0;
    if (of_process && half_read_is(seen) &&
        (!context->half_read_too || half_read_save(seen, ret) < 0))
        return ckpt_error_set(err, EINPROGRESS, "'%s' has been read half", seen->target);
    ret->kind = DESCRIPTION_PROC;
    ret->offset = seen->offset;
    int error = path_save(context, seen->target, &ret->path, err);
    return error == 0 ? 1 : error;
}

static int open_at_position(const char *path, const struct image_description *description)
{
    int fd = open(path, (description->flags & OPEN_FLAGS_KEPT) | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0)
        lseek(fd, description->offset, SEEK_SET); /* what cannot be sought in has no position */
    return fd;
}

bool proc_file_needs_own_proc(const struct image_description *description)
{
    const char *rest;

    return description->kind == DESCRIPTION_PROC &&
           proc_path_process(description->path, &rest) != 0;
}

int proc_file_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err)
{
    const char *rest;
    bool later = proc_path_process(description->path, &rest) != 0; /* a place to hold until then */
    int fd = later ? open("/dev/null", O_RDONLY | O_CLOEXEC)
                   : open_at_position(description->path, description);

    (void)context;
    return fd < 0 ? ckpt_error_errno(err, "open '%s'", description->path) : fd;
}

static int of_process_open(pid_t pid, const char *rest, const struct image_description *description)
{
    char path[512];

    snprintf(path, sizeof(path), PROC "%d%s", (int)pid, rest);
    return open_at_position(path, description);
}

static int ended_open(const char *rest, const struct image_description *description, pid_t spare)
{
    pid_t pid = passing_start(spare, NULL);

    if (pid < 0)
        return -1;
    int fd = of_process_open(pid, rest, description);
    if (fd < 0)
        fd = of_process_open(pid, "/stat", &(struct image_description){.flags = O_RDONLY});
    passing_end(pid);
    return fd;
}

int proc_file_open_again(const struct image_description *description, pid_t spare,
                         struct ckpt_error *err)
{
    cleanup_free char *path = strdup(description->path);
    const char *rest = NULL;
    int fd = -1;

    if (path == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    char *end = path + strlen(path) - strlen(DELETED);
    bool ended = end > path && strcmp(end, DELETED) == 0;
    if (ended)
        *end = 0;
    pid_t pid = proc_path_process(path, &rest);
    if (pid == 0)
        return -ENOENT; /* not one of a process */
    if (!ended)
        fd = of_process_open(pid, rest, description);
    if (fd < 0 && !ended)
        fd = of_process_open(pid, without_thread(rest), description);
    if (fd < 0)
        fd = ended_open(without_thread(rest), description, spare);
    return fd < 0 ? ckpt_error_errno(err, "open '%s'", description->path) : fd;
}
