/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A session is made and taken apart: the store with its lease, what is on record of the task and of its last incarnation,
 * the coordinator, the working directory. Bringing the tree to life is session_launch.c's and session_restart.c's. */
#include "supervisor/session.h"

#include "common/log.h"
#include "store/generation.h"
#include "supervisor/calls.h"
#include "supervisor/remains.h"

#include <errno.h>

/* A dying incarnation holds the lease until its last process is gone. */
#define LEASE_WAIT_MS 5000

void session_init(struct session *session)
{
    const struct stream closed = {.watch.fd = -1, .outlet.fd = -1, .write_end = -1, .record = -1};

    *session = (struct session){
        .coordinator = {.epoll_fd = -1, .listener.fd = -1, .lease_fd = -1, .variables_fd = -1},
        .output = {.out = closed, .err = closed, .echo = closed, .terminal = -1},
        .checkpoint = {.done.fd = -1, .files.root = -1},
        .root.fd = -1,
        .memory = {.usage = -1, .stat = -1, .events = -1},
    };
    terminal_init(&session->terminal, &session->output);
}

/* Gives the store to another command: what is on record of the one before is not about it. */
static void task_drop(struct session *session)
{
    struct status status;

    if (status_read(session->store, &status, NULL) == 0) {
        if (status.state == STATUS_RUNNING)
            remains_end(&session->task);
        status_free(&status);
    }
    status_remove(session->store);
    task_free(&session->task);
}

static int task_open(struct session *session, enum run_mode mode, const char *cwd,
                     struct ckpt_error *err)
{
    char *const *argv = session->options.argv;
    int error = task_read(session->store, &session->task, err);

    /* It reaches the disk with the first generation: without one, a power cut may have left half of it. */
    if (error == -EBADMSG && !generation_exists(session->store))
        error = -ENOENT;
    if (error == -ENOENT && mode != RUN_MODE_RESTART)
        error = task_init(&session->task, argv, cwd, err);
    else if (error == 0 && mode != RUN_MODE_RESTART && !session->options.same_task &&
             !task_same_command(&session->task, argv, cwd)) {
        if (!session->options.fresh && generation_exists(session->store))
            return ckpt_error_set(
                err, EINVAL,
                "'%s' holds images of another command, '%s'; give another --dir, or "
                "--fresh to drop them",
                session->store->path, session->task.argv[0]);
        task_drop(session);
        error = task_init(&session->task, argv, cwd, err);
    } else if (error == 0) {
        session->task.incarnation++;
    }
    for (size_t i = 0; error == 0 && i < session->options.label_count; i++)
        error = task_set_label(&session->task, session->options.labels[i], err);
    return error;
}

static int status_open(struct session *session, struct ckpt_error *err)
{
    if (status_read(session->store, &session->status, NULL) == 0) {
        if (session->status.state == STATUS_RUNNING) /* said by a supervisor that was killed */
            remains_end(&session->task);
        return status_renew(&session->status, err);
    }
    if (session->task.incarnation > 1) /* it was killed before it wrote one */
        remains_end(&session->task);
    session->is_new = true;
    return status_init(&session->status, err);
}

int session_open(struct session *session, enum run_mode mode, const char *cwd,
                 struct ckpt_error *err)
{
    const char *dir = session->options.dir;
    int error = mode == RUN_MODE_RESTART ? store_open(dir, &session->store, err)
                                         : store_create(dir, &session->store, err);

    session->coordinator.lease_fd = -1;
    if (error == 0)
        error =
            store_lease_acquire(session->store, LEASE_WAIT_MS, &session->coordinator.lease_fd, err);
    if (error == 0 && session->store->lease_by_age)
        ckpt_warn("no locks on the filesystem of '%s': that nobody else runs the task is told by "
                  "the age of its lease",
                  session->store->path);
    if (error == 0)
        error = task_open(session, mode, cwd, err);
    if (error == 0)
        error = status_open(session, err);
    if (error < 0)
        return error;
    session->coordinator.store = session->store;
    session->coordinator.task = &session->task;
    session->coordinator.status = &session->status;
    session->checkpoint.coordinator = &session->coordinator;
    session->checkpoint.output = &session->output;
    session->checkpoint.run_from = session->task.workdir;
    error = coordinator_open(&session->coordinator, err);
    return error == 0 ? session_watch(session, err) : error;
}

int session_files_open(struct session *session, const char *directory, struct ckpt_error *err)
{
    struct files *files = &session->checkpoint.files;

    session->checkpoint.max_size = session->options.max_size;
    session->checkpoint.max_size_name = run_options_name(&session->options, "--max-size");
    files->workdir = session->task.workdir;
    files->dedicated = session->options.dedicated;
    files->excludes = session->options.excludes;
    files->exclude_count = session->options.exclude_count;
    files->reference_from = session->options.reference_from;
    return files_open(files, directory, session->store->path, err);
}

void session_close(struct session *session)
{
    checkpoint_close(&session->checkpoint);
    calls_close(session);
    memory_watch_close(&session->memory);
    terminal_leave(&session->terminal);
    output_close(&session->output);
    store_lease_release(session->store, session->coordinator.lease_fd);
    coordinator_close(&session->coordinator);
    task_free(&session->task);
    status_free(&session->status);
    store_close(session->store);
}
