/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * One checkpoint, phase by phase. checkpoint_take() is the pause; writer.c is the rest. */
#include "supervisor/checkpoint.h"
#include "supervisor/warning.h"

#include "arch/x86_64/cpu.h"
#include "capture/descriptors.h"
#include "capture/memory.h"
#include "capture/process.h"
#include "capture/shared.h"
#include "capture/vdso.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/proc.h"
#include "objects/epoll.h"
#include "objects/limit.h"
#include "objects/terminal.h"
#include "supervisor/host_objects.h"
#include "supervisor/quiesce.h"
#include "supervisor/residency.h"
#include "supervisor/snapshots.h"
#include "supervisor/stopped.h"
#include "supervisor/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* ---- phase: the tree as the kernel shows it ---- */

static pid_t parent_inner(const struct coordinator *coordinator, const struct process_tree *tree,
                          const struct tree_process *process)
{
    const struct tree_process *parent = process_tree_find(tree, process->outer_parent);

    return parent != NULL ? parent->inner : coordinator->parent;
}

static int process_fill(struct checkpoint *checkpoint, struct writer_job *job,
                        const struct process_tree *tree, const struct tree_process *from,
                        struct ckpt_error *err)
{
    struct image_process *process = tree_image_add_process(&job->tree);

    if (process == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    process->pid = from->inner;
    process->parent = parent_inner(checkpoint->coordinator, tree, from);
    process->group = from->inner_group;
    process->session = from->inner_session;
    int error = capture_process(from, process, err);
    if (error == 0 && manifest_add_process(&job->manifest, process->pid, process->name,
                                           process->threads, process->resident_bytes) < 0)
        error = ckpt_error_set(err, ENOMEM, "no memory");
    return error;
}

static void context_fill(const struct checkpoint *checkpoint, struct writer_job *job,
                         const struct process_tree *tree, struct save_context *context)
{
    *context = (struct save_context){.proc_is_hosts = checkpoint->coordinator->proc_is_hosts,
                                     .tree = &job->tree,
                                     .dirfd = job->dirfd,
                                     .half_read_too = checkpoint->half_read_too,
                                     .processes = tree,
                                     .terminal = -1};
    if (checkpoint->output == NULL)
        return;
    if (fstat(STDIN_FILENO, &context->input) < 0)
        context->input.st_ino = 0;
    context->terminal = checkpoint->output->terminal;
    context->terminal_use = checkpoint->output->use;
    context->output_pipe = checkpoint->output->out.inode;
    context->error_pipe = checkpoint->output->joined ? 0 : checkpoint->output->err.inode;
}

/* What the tree knows files by that are in no catalog. */
static void numbers_note(const struct numbers *numbers, struct image_description *file)
{
    struct file_number known =
        number_known(numbers, (struct file_number){file->device, file->inode}, NULL);

    file->known_device = known.device;
    file->known_inode = known.inode;
}

/* A file of the catalog is brought back by the name it has there: the one it was opened by may be gone. */
static int names_settle(struct writer_job *job, const struct numbers *numbers, const char *workdir,
                        struct ckpt_error *err)
{
    struct catalog_index *index = catalog_index_new(&job->files.catalog);
    int error = index == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 0;

    for (size_t i = 0; error == 0 && i < job->tree.description_count; i++) {
        struct image_description *file = &job->tree.descriptions[i];
        const struct file_entry *entry = catalog_index_find(index, file->device, file->inode);
        numbers_note(numbers, file);
        if ((file->kind != DESCRIPTION_REGULAR && file->kind != DESCRIPTION_DELETED) ||
            entry == NULL || entry->kind != FILE_REGULAR)
            continue;
        char *path = file_entry_path(entry, workdir);
        if (path == NULL)
            return ckpt_error_set(err, ENOMEM, "no memory");
        free(file->path);
        file->path = path;
        file->kind = DESCRIPTION_REGULAR;
        file->data[0] = 0;
    }
    catalog_index_free(index);
    return error;
}

/* What only exists while the tree stands still: processes, descriptors, pipes, shared memory. */
static int tree_capture(struct checkpoint *checkpoint, struct writer_job *job,
                        const struct process_tree *tree, struct ckpt_error *err)
{
    struct save_context context;
    struct descriptor_index *index = descriptor_index_new();
    struct shared_capture *shared =
        shared_capture_new(&job->tree, job->dirfd, checkpoint->prepared.precopy, residency_ask,
                           checkpoint->coordinator);
    int error = index == NULL || shared == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 0;

    context_fill(checkpoint, job, tree, &context);
    context.index = index;
    if (error == 0)
        error = system_v_save(&job->tree, tree, checkpoint->coordinator->capsule_outer,
                              &checkpoint->system_v, job->store->dirfd, job->dirfd, err);
    for (size_t i = 0; error == 0 && i < tree->count; i++) {
        error = process_fill(checkpoint, job, tree, &tree->processes[i], err);
        if (error < 0 || job->tree.processes[i].zombie)
            continue;
        error = capture_descriptors(&context, tree->processes[i].task, i, err);
        if (error == 0)
            error = shared_capture_process(shared, &tree->processes[i], err);
        if (error < 0)
            checkpoint->coordinator->obstacle = tree->processes[i].outer;
    }
    if (error == 0)
        error = sockets_save(&context, err);
    if (error == 0)
        error = pipes_save(&context, err);
    if (error == 0)
        error = epolls_save(&context);
    if (error == 0)
        error = terminals_save(&context, err);
    if (error == 0)
        error = files_capture(&checkpoint->files, &job->tree, job->store, job->generation,
                              job->dirfd, &job->files, err);
    if (error == 0)
        error = names_settle(job, checkpoint->files.numbers, checkpoint->run_from, err);
    descriptor_index_free(index);
    shared_capture_free(shared);
    return error;
}

/* ---- the pause ---- */

#define BIT(signal)  (1UL << ((signal)-1))
#define TERMINATIONS (BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGHUP))

/* One that could not hold it: it was just becoming another program. */
static bool was_terminated(const struct image_process *process)
{
    return process->zombie && WIFSIGNALED(process->exit_status) &&
           (BIT(WTERMSIG(process->exit_status)) & (TERMINATIONS | BIT(SIGUSR2) | BIT(SIGKILL))) !=
               0;
}

static int signalled_as_well(const struct image_process *process, struct ckpt_error *err)
{
    return ckpt_error_set(err, ECANCELED, "process %d (%s) has been signalled as well",
                          (int)process->pid, process->name);
}

/* Whoever ends a task may signal all of its processes and not only us. An image of what that leaves is no image of
 * the task: the generation before it has to serve. */
static int tree_is_whole(const struct writer_job *job, struct ckpt_error *err)
{
    const struct image_process *root = tree_image_process(&job->tree, job->tree.root);

    if (root == NULL || root->zombie)
        return ckpt_error_set(err, ECHILD, "the command has ended");
    for (size_t i = 0; i < job->tree.process_count; i++) {
        const struct image_process *process = &job->tree.processes[i];
        if (job->manifest.cause == MANIFEST_SIGNAL && was_terminated(process))
            return signalled_as_well(process, err);
    }
    return 0;
}

/* No image may hold a signal that is about to end its process: each restart from it would end at once. (In a final image
 * one from outside of the tree is not restored.) A stopped process takes none before it is continued. */
static int images_are_whole(const struct writer_job *job, struct ckpt_error *err)
{
    for (size_t i = 0; i < job->tree.process_count; i++) {
        const struct image_process *process = &job->tree.processes[i];
        if (process->zombie || process->stopped != 0 ||
            (process->library.deliverable & TERMINATIONS) == 0)
            continue;
        if (job->manifest.cause == MANIFEST_SIGNAL)
            return signalled_as_well(process, err);
        return ckpt_error_set(err, EINPROGRESS, "process %d (%s) has just been signalled",
                              (int)process->pid, process->name);
    }
    return 0;
}

static int phases(struct checkpoint *checkpoint, struct writer_job *job, struct ckpt_error *err)
{
    struct coordinator *coordinator = checkpoint->coordinator;
    struct process_tree tree = {0};
    int error = tree_quiesce(coordinator, &tree, err);

    if (error < 0)
        return error;
    if (checkpoint->output != NULL) {
        output_drain(checkpoint->output, coordinator);
        job->manifest.stdout_bytes = checkpoint->output->out.bytes;
        job->manifest.stderr_bytes = checkpoint->output->err.bytes;
    }
    job->tree.parent = coordinator->parent;
    job->tree.session = coordinator->session;
    job->tree.root = coordinator->root_inner;
    error = limits_read(getpid(), job->tree.limits);
    if (error == 0)
        error = oom_score_read(getpid(), &job->tree.oom_score_adj);
    if (error < 0)
        ckpt_error_set(err, -error, "read our own limits: %s", strerror(-error));
    else
        error = tree_capture(checkpoint, job, &tree, err);
    if (error == 0)
        error = tree_is_whole(job, err);
    if (error == 0 && !checkpoint->warned_of_host)
        checkpoint->warned_of_host = host_objects_warn(&tree, &job->tree, coordinator->status);
    if (error == 0)
        error = snapshots_take(coordinator, job, &tree, err);
    if (error == 0)
        error = images_are_whole(job, err);
    /* Read last: what time was left to each timer has been looked at before, so that after a restart none is early. */
    job->tree.monotonic_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)coordinator->monotonic_shift_ns;
    job->tree.boottime_ns = clock_ns(CLOCK_BOOTTIME) + (uint64_t)coordinator->boottime_shift_ns;
    process_tree_free(&tree);
    return error;
}

static struct writer_job *job_new(struct checkpoint *checkpoint, enum manifest_cause cause,
                                  const char *request, struct ckpt_error *err)
{
    struct writer_job *job = calloc(1, sizeof(*job));
    char features[CPU_FEATURES_SIZE];

    if (job == NULL) {
        ckpt_error_set(err, ENOMEM, "no memory");
        return NULL;
    }
    job->dirfd = job->records[0] = job->records[1] = -1;
    job->files.previous_dirfd = job->files.held = -1;
    job->store = checkpoint->coordinator->store;
    if (manifest_init(&job->manifest, cause, checkpoint->run_from, err) < 0 ||
        generation_begin(job->store, &job->generation, &job->dirfd, err) < 0) {
        writer_job_free(job);
        return NULL;
    }
    job->manifest.host.vdso = vdso_checksum();
    cpu_features_read(features);
    job->manifest.host.cpu = strdup(features);
    job->manifest.run_seconds = checkpoint->run_seconds;
    job->max_size = checkpoint->max_size;
    job->max_size_name = checkpoint->max_size_name;
    if (request != NULL)
        memcpy(job->manifest.request, request, sizeof(job->manifest.request));
    return job;
}

static void *thread_main(void *argument)
{
    struct checkpoint *checkpoint = argument;
    uint64_t one = 1;

    writer_run(checkpoint->job);
    if (write(checkpoint->done.fd, &one, sizeof(one)) < 0)
        ckpt_info("cannot tell that the writing has ended: %s", strerror(errno));
    return NULL;
}

static int writing_start(struct checkpoint *checkpoint, struct writer_job *job,
                         struct ckpt_error *err)
{
    if (checkpoint->output != NULL) {
        if (checkpoint->output->out.record >= 0)
            job->records[0] = fcntl(checkpoint->output->out.record, F_DUPFD_CLOEXEC, 0);
        if (checkpoint->output->err.record >= 0)
            job->records[1] = fcntl(checkpoint->output->err.record, F_DUPFD_CLOEXEC, 0);
    }
    checkpoint->job = job;
    int error = pthread_create(&checkpoint->thread, NULL, thread_main, checkpoint);
    if (error != 0)
        return ckpt_error_set(err, error, "start the writer: %s", strerror(error));
    checkpoint->writing = true;
    return 0;
}

int checkpoint_take(struct checkpoint *checkpoint, enum manifest_cause cause, const char *request,
                    bool stay_parked, struct ckpt_error *err)
{
    struct coordinator *coordinator = checkpoint->coordinator;

    if (checkpoint->output != NULL && checkpoint->output->incomplete)
        return ckpt_error_set(err, EIO, "the copy of the output is incomplete");
    struct writer_job *job = job_new(checkpoint, cause, request, err);
    if (job == NULL)
        return -EIO;
    if (!checkpoint->prepared.finished)
        prepared_drop(&checkpoint->prepared);
    uint64_t started = clock_ns(CLOCK_MONOTONIC);
    int error = phases(checkpoint, job, err);
    coordinator->quiescing = false;
    stopped_let_go(coordinator);
    if (!stay_parked || error < 0)
        coordinator_tell_all(coordinator, WIRE_RESUME);
    checkpoint->pause_seconds = (double)(clock_ns(CLOCK_MONOTONIC) - started) / 1e9;
    prepared_drop(&checkpoint->prepared);
    job->manifest.pause_seconds = checkpoint->pause_seconds;
    checkpoint->generation = job->generation;
    checkpoint->snapshots_killed = error == -EOWNERDEAD;
    if (error == 0)
        error = writing_start(checkpoint, job, err);
    if (error < 0) {
        snapshots_end(coordinator);
        generation_abandon(job->store, job->generation);
        writer_job_free(job);
    }
    return error;
}

int checkpoint_finish(struct checkpoint *checkpoint, struct ckpt_error *err)
{
    struct writer_job *job = checkpoint->job;
    uint64_t count;

    pthread_join(checkpoint->thread, NULL);
    if (read(checkpoint->done.fd, &count, sizeof(count)) < 0)
        ckpt_info("the writing ended without a sign");
    checkpoint->writing = false;
    checkpoint->job = NULL;
    checkpoint->write_seconds = job->write_seconds;
    checkpoint->resident_bytes = 0;
    for (size_t i = 0; i < job->manifest.process_count; i++)
        checkpoint->resident_bytes += job->manifest.processes[i].resident_bytes;
    checkpoint->snapshots_killed = job->snapshots_killed;
    snapshots_end(checkpoint->coordinator);
    int error = job->result;
    if (error == 0 && job->files.healed[0] != 0)
        warn_on_record(
            checkpoint->coordinator->status,
            "contents in the store were damaged: generation %u has them anew (%s), those "
            "before it cannot be restarted",
            job->generation, job->files.healed);
    if (error == 0 && job->files.notes_healed)
        warn_on_record(checkpoint->coordinator->status,
                       "the notes in the store were damaged: they have been written anew");
    if (error == 0)
        files_committed(&job->files, job->generation);
    else if (err != NULL)
        *err = job->err;
    writer_job_free(job);
    return error;
}

int checkpoint_open(struct checkpoint *checkpoint, struct ckpt_error *err)
{
    checkpoint->done.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (checkpoint->done.fd < 0)
        return ckpt_error_errno(err, "make an event descriptor");
    int error = coordinator_watch(checkpoint->coordinator, &checkpoint->done, err);
    return error < 0 ? error : prepared_open(&checkpoint->prepared, checkpoint->coordinator, err);
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint->writing)
        checkpoint_finish(checkpoint, NULL);
    prepared_close(&checkpoint->prepared);
    files_close(&checkpoint->files);
    free(checkpoint->system_v.list);
    checkpoint->system_v = (struct system_v_known){0};
    if (checkpoint->done.fd >= 0)
        close(checkpoint->done.fd);
}
