/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What must hold between the parts of a tree image: every index leads somewhere, no number is there twice, no name
 * leads out of the generation, nothing would make a restart wait for ever. The restart relies on it. */
#include "image/tree_check.h"

#include "image/process.h"
#include "store/manifest.h"
#include "store/manifest_name.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static int bad(struct ckpt_error *err, const char *key)
{
    return ckpt_error_set(err, EBADMSG, "'%s' is damaged: member '%s'", MANIFEST_TREE_IMAGE, key);
}

static bool has_no_path(enum description_kind kind)
{
    switch (kind) {
    case DESCRIPTION_PIPE:
    case DESCRIPTION_STDIN:
    case DESCRIPTION_STDOUT:
    case DESCRIPTION_STDERR:
    case DESCRIPTION_EVENTFD:
    case DESCRIPTION_TIMERFD:
    case DESCRIPTION_SIGNALFD:
    case DESCRIPTION_EPOLL:
    case DESCRIPTION_SOCKET:
    case DESCRIPTION_PIDFD:
    case DESCRIPTION_INOTIFY:
    case DESCRIPTION_INHERITED:
    case DESCRIPTION_MEMFD: /* has a name, which is no path */
    case DESCRIPTION_TERMINAL_MASTER:
    case DESCRIPTION_TERMINAL:
    case DESCRIPTION_TTY:
        return true;
    default:
        return false;
    }
}

static bool is_absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

static bool data_is_good(const char *data)
{
    return data[0] == 0 || manifest_name_is_valid(data);
}

#define QUEUE_NAME_MAX 255 /* with the slash in front */
#define QUEUE_BYTES    (16U << 20)
#define QUEUE_MESSAGES 65536

static bool queue_is_good(const struct image_description *queue)
{
    size_t length = strlen(queue->path);

    return length > 1 && length <= QUEUE_NAME_MAX && strchr(queue->path + 1, '/') == NULL &&
           (queue->mode & ~07777u) == 0 && queue->size > 0 && queue->size <= QUEUE_MESSAGES &&
           queue->interval_ns > 0 && queue->interval_ns <= QUEUE_BYTES;
}

static int description_check(const struct tree_image *tree,
                             const struct image_description *description, struct ckpt_error *err)
{
    bool piped = description->kind == DESCRIPTION_PIPE || description->kind == DESCRIPTION_FIFO;

    if (description->kind >= DESCRIPTION_KINDS)
        return bad(err, "kind");
    if (!has_no_path(description->kind) && !is_absolute(description->path))
        return bad(err, "path");
    if (piped && (description->pipe < 0 || (size_t)description->pipe >= tree->pipe_count))
        return bad(err, "pipe");
    for (size_t i = 0; i < description->watch_count; i++) {
        if (description->watches[i].fd < 0)
            return bad(err, "watches");
    }
    if (description->kind == DESCRIPTION_QUEUE && !queue_is_good(description))
        return bad(err, "queue");
    return data_is_good(description->data) ? 0 : bad(err, "data");
}

/* As wait(2) gives it, of a process that has ended and whose end a restart can repeat. */
static bool exit_status_is_good(int status)
{
    if (WIFEXITED(status))
        return (status & ~0xff00) == 0;
    if (!WIFSIGNALED(status) || (status & ~0xff) != 0)
        return false;
    switch (WTERMSIG(status)) {
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return WTERMSIG(status) <= 64;
    }
}

static bool stop_signal_is_good(int number)
{
    return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static int process_check(const struct tree_image *tree, const struct image_process *process,
                         struct ckpt_error *err)
{
    if (process->pid <= 1 || process->pid == tree->parent ||
        tree_image_process(tree, process->pid) != process)
        return bad(err, "pid");
    if (process->parent < 0 || process->group < 0 || process->session < 0)
        return bad(err, "parent, group or session");
    if (process->zombie && !exit_status_is_good(process->exit_status))
        return bad(err, "exit_status");
    if (process->exit_signal < 0 || process->exit_signal > 64)
        return bad(err, "exit_signal");
    if (process->stopped != 0 && (process->zombie || !stop_signal_is_good(process->stopped)))
        return bad(err, "stopped");
    if (process->main_ended && (process->zombie || !WIFEXITED(process->exit_status)))
        return bad(err, "main_ended");
    if (!process->zombie && !(is_absolute(process->exe) && is_absolute(process->cwd)))
        return bad(err, "exe or cwd");
    if (process->root != NULL && !is_absolute(process->root))
        return bad(err, "root");
    for (size_t i = 0; i < process->descriptor_count; i++) {
        const struct image_descriptor *descriptor = &process->descriptors[i];
        if (descriptor->description < 0 ||
            (size_t)descriptor->description >= tree->description_count || descriptor->fd < 0 ||
            descriptor->fd > DESCRIPTOR_LIMIT)
            return bad(err, "descriptors");
    }
    return 0;
}

static bool shared_is_good(const struct image_shared *shared)
{
    if (shared->size > INT64_MAX || !manifest_name_is_valid(shared->data) ||
        (shared->page_shift != 0 && shared->page_shift != 21 && shared->page_shift != 30))
        return false;
    for (size_t i = 0; i < shared->extent_count; i++) {
        const struct image_extent *extent = &shared->extents[i];
        if (extent->size == 0 || extent->offset > shared->size ||
            extent->size > shared->size - extent->offset || extent->at > INT64_MAX - extent->size)
            return false;
    }
    return true;
}

int tree_image_check(const struct tree_image *tree, struct ckpt_error *err)
{
    int error = 0;

    if (tree->parent < 1 || tree->session < 0)
        return bad(err, "parent or session");
    for (size_t i = 0; i < tree->pipe_count; i++) {
        const struct image_pipe *pipe = &tree->pipes[i];
        if (pipe->capacity < 0 || pipe->queued > (uint64_t)pipe->capacity ||
            !data_is_good(pipe->data))
            return bad(err, "pipes");
    }
    for (size_t i = 0; i < tree->shared_count; i++) {
        if (!shared_is_good(&tree->shared[i]))
            return bad(err, "shared");
    }
    for (size_t i = 0; i < tree->mapped_file_count; i++) {
        const struct image_mapped_file *file = &tree->mapped_files[i];
        if (!is_absolute(file->path) || file->size > INT64_MAX || (file->mode & ~07777u) != 0 ||
            !manifest_name_is_valid(file->data))
            return bad(err, "mappedFiles");
    }
    for (size_t i = 0; error == 0 && i < tree->description_count; i++)
        error = description_check(tree, &tree->descriptions[i], err);
    for (size_t i = 0; error == 0 && i < tree->process_count; i++)
        error = process_check(tree, &tree->processes[i], err);
    if (error == 0 && tree_image_process(tree, tree->root) == NULL)
        error = bad(err, "root");
    const char *blamed = error == 0 ? tree_image_objects_blame(tree) : NULL;
    if (blamed != NULL)
        error = bad(err, blamed);
    return error;
}

int tree_image_check_processes(const struct tree_image *tree, int dirfd, struct ckpt_error *err)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < tree->process_count; i++) {
        struct process_image image = {0};
        if (tree->processes[i].zombie)
            continue;
        error = process_image_read(&image, dirfd, tree->processes[i].pid, err);
        for (size_t j = 0; error == 0 && j < image.vma_count; j++) {
            if (image.vmas[j].kind == VMA_SHARED && image.vmas[j].object >= tree->shared_count)
                error = ckpt_error_set(err, EBADMSG,
                                       "'%d.img' is damaged: it maps shared memory that '%s' lacks",
                                       (int)tree->processes[i].pid, MANIFEST_TREE_IMAGE);
        }
        process_image_free(&image);
    }
    return error;
}
