/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The end of the pause: every process forks a copy of itself, which stands still while the process runs on. */
#include "supervisor/snapshots.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_DEADLINE_MS 30000
#define QUIET_MS             50 /* after which somebody may have been killed */

/* Each process with stopped children is told which, since only it can ask whether it has heard of the stop. */
static void stopped_children_list(struct coordinator *coordinator, struct writer_job *job)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next)
        memset(member->stopped_children, 0, sizeof(member->stopped_children));
    for (size_t i = 0; i < job->tree.process_count; i++) {
        struct image_process *process = &job->tree.processes[i];
        struct member *member =
            coordinator_member_inner(coordinator, process->pid, WIRE_KIND_PROCESS);
        if (process->zombie || member == NULL || !member->stopped)
            continue;
        process->stopped = SIGSTOP;
        struct member *parent =
            coordinator_member_inner(coordinator, process->parent, WIRE_KIND_PROCESS);
        for (int j = 0; parent != NULL && j < WIRE_STOPPED_MAX; j++) {
            if (parent->stopped_children[j] != 0)
                continue;
            parent->stopped_children[j] = process->pid;
            break;
        }
    }
}

static void stop_signals_fill(const struct member *parent, struct tree_image *tree)
{
    for (int i = 0; i < WIRE_STOPPED_MAX && parent->stopped_children[i] != 0; i++) {
        for (size_t j = 0; j < tree->process_count; j++) {
            if (tree->processes[j].pid == parent->stopped_children[i] &&
                parent->child_stops[i] != 0)
                tree->processes[j].stopped = parent->child_stops[i];
        }
    }
}

static bool snapshots_are_there(struct coordinator *coordinator, const struct writer_job *job)
{
    for (size_t i = 0; i < job->tree.process_count; i++) {
        pid_t inner = job->tree.processes[i].pid;
        if (!job->tree.processes[i].zombie &&
            coordinator_member_inner(coordinator, inner, WIRE_KIND_SNAPSHOT) == NULL)
            return false;
    }
    return coordinator_count(coordinator, WIRE_KIND_PROCESS, MEMBER_QUIESCED) == 0;
}

/* One that was killed while it was parked, or 0. */
static pid_t process_ended(struct coordinator *coordinator, const struct writer_job *job)
{
    for (size_t i = 0; i < job->tree.process_count; i++) {
        const struct image_process *process = &job->tree.processes[i];
        if (!process->zombie &&
            coordinator_member_inner(coordinator, process->pid, WIRE_KIND_PROCESS) == NULL)
            return process->pid;
    }
    return 0;
}

static int copy_lost(const struct writer_job *job, pid_t inner, struct ckpt_error *err)
{
    const struct image_process *process = tree_image_process(&job->tree, inner);

    return ckpt_error_set(err, EOWNERDEAD,
                          "the copy of process %d (%s) was killed before it could be saved",
                          (int)inner, process != NULL ? process->name : "");
}

static int snapshots_await(struct coordinator *coordinator, struct writer_job *job,
                           struct ckpt_error *err)
{
    uint64_t deadline = clock_monotonic_ms() + SNAPSHOT_DEADLINE_MS;

    while (!snapshots_are_there(coordinator, job)) {
        for (struct member *member = coordinator->members; member != NULL; member = member->next) {
            if (member->state == MEMBER_FAILED)
                return ckpt_error_set(err, EAGAIN, "process %d: %s", (int)member->inner,
                                      member->reason);
        }
        if (coordinator->copy_lost != 0)
            return copy_lost(job, coordinator->copy_lost, err);
        if (clock_monotonic_ms() > deadline)
            return ckpt_error_set(err, ETIMEDOUT, "a snapshot does not answer");
        if (coordinator_pump(coordinator, QUIET_MS))
            continue;
        pid_t ended = process_ended(coordinator, job);
        if (ended != 0)
            return ckpt_error_set(err, ESRCH, "process %d ended during the checkpoint", (int)ended);
    }
    return 0;
}

/* In pages, or 0. */
static unsigned long size_read(pid_t outer)
{
    cleanup_free char *text = NULL;

    return proc_text_read(outer, "statm", &text) < 0 ? 0 : strtoul(text, NULL, 10);
}

/* The library has looked as well, if /proc can be read where the process is. */
static int snapshot_is_whole(const struct writer_job *job, const struct tree_process *process,
                             const struct member *snapshot, struct ckpt_error *err)
{
    unsigned long size = size_read(process->task), copied = size_read(snapshot->outer);

    if (size == 0)
        return ckpt_error_set(err, ESRCH, "process %d ended during the checkpoint",
                              (int)process->inner);
    if (copied == 0)
        return copy_lost(job, process->inner, err);
    if (size != copied)
        return ckpt_error_set(err, ENOTSUP,
                              "process %d has memory that no child gets (MADV_DONTFORK)",
                              (int)process->inner);
    return 0;
}

static int sources_fill(struct coordinator *coordinator, struct writer_job *job,
                        const struct process_tree *tree, struct ckpt_error *err)
{
    job->sources = calloc(job->tree.process_count, sizeof(*job->sources));
    if (job->sources == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    for (size_t i = 0; i < job->tree.process_count; i++) {
        struct image_process *process = &job->tree.processes[i];
        if (process->zombie)
            continue;
        struct member *snapshot =
            coordinator_member_inner(coordinator, process->pid, WIRE_KIND_SNAPSHOT);
        struct member *member =
            coordinator_member_inner(coordinator, process->pid, WIRE_KIND_PROCESS);
        if (snapshot == NULL || member == NULL)
            return ckpt_error_set(err, ESRCH, "process %d ended during the checkpoint",
                                  (int)process->pid);
        int error = snapshot_is_whole(job, &tree->processes[i], snapshot, err);
        if (error < 0)
            return error;
        process->library = member->process;
        stop_signals_fill(member, &job->tree);
        process->layout.brk = member->process.brk;
        job->sources[job->source_count++] =
            (struct writer_source){.snapshot = snapshot->outer, .inner = process->pid};
    }
    return 0;
}

int snapshots_take(struct coordinator *coordinator, struct writer_job *job,
                   const struct process_tree *tree, struct ckpt_error *err)
{
    stopped_children_list(coordinator, job);
    coordinator->generation = job->generation;
    coordinator->copy_lost = 0;
    coordinator_tell_all(coordinator, WIRE_SNAPSHOT);
    int error = snapshots_await(coordinator, job, err);
    return error < 0 ? error : sources_fill(coordinator, job, tree, err);
}

void snapshots_end(struct coordinator *coordinator)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next) {
        if (member->kind == WIRE_KIND_SNAPSHOT)
            coordinator_tell(coordinator, member, WIRE_RESUME);
    }
}
