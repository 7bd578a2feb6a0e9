/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * `ckpt run`, `launch` and `restart`: opens the store, finds out whether there is something to continue, and brings
 * the tree to life one way or the other. What follows is session.c's. */
#include "supervisor/supervisor.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/namespaces.h"
#include "restore/place.h"
#include "store/generation.h"
#include "store/variables.h"
#include "supervisor/exit_codes.h"
#include "supervisor/fit.h"
#include "supervisor/launch.h"
#include "supervisor/lost.h"
#include "supervisor/refresh.h"
#include "supervisor/remains.h"
#include "supervisor/session.h"
#include "supervisor/triggers.h"
#include "supervisor/warning.h"
#include "supervisor/where.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A dying incarnation holds the lease until its last process is gone. */
#define LEASE_WAIT_MS 5000

static bool holds_generations(struct session *session)
{
    unsigned *numbers = NULL;
    size_t count = 0;

    if (generation_list(session->store, &numbers, &count, NULL) < 0)
        return false;
    free(numbers);
    return count > 0;
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
    if (error == -EBADMSG && !holds_generations(session))
        error = -ENOENT;
    if (error == -ENOENT && mode != RUN_MODE_RESTART)
        error = task_init(&session->task, argv, cwd, err);
    else if (error == 0 && mode != RUN_MODE_RESTART && !session->options.same_task &&
             !task_same_command(&session->task, argv, cwd)) {
        if (!session->options.fresh && holds_generations(session))
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

static int session_open(struct session *session, enum run_mode mode, const char *cwd,
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

/* ---- from the start ---- */

static int launch(struct session *session, const char *cwd, struct ckpt_error *err)
{
    char *const *argv = session->options.argv;

    /* Images of an earlier course of events must not be mistaken for this one's. */
    int error = generation_remove_all(session->store, err);
    if (error == 0)
        error = task_set_attempt_dir(&session->task, cwd, err);
    if (error == 0)
        error = task_set_workdir(&session->task, cwd, err);
    if (error == 0)
        error = task_write(session->store, &session->task, false, err);
    if (error == 0)
        error = terminal_make(&session->terminal, err);
    if (error == 0)
        error = output_open(&session->output, &session->coordinator, 0, 0, err);
    if (error == 0)
        error = output_cut(&session->output, err);
    if (error == 0)
        error = notes_cut(session->store->dirfd, 0, err);
    if (error == 0)
        error = numbers_write(NULL, session->store->dirfd, err);
    if (error == 0)
        error = session_files_open(session, cwd, err);
    if (error == 0)
        files_note_original(&session->checkpoint.files);
    if (error == 0)
        error = launch_tree(&session->coordinator, &session->output, argv, session->options.signal,
                            session->options.signals.end | session->options.signals.stay,
                            session->options.dedicated, &session->mask_before, err);
    if (error < 0)
        return error;
    session->checkpoint.run_from = session->task.workdir;
    session->variables_due = true;
    if (launch_is_static(session->coordinator.root_outer, argv[0])) {
        ckpt_warn("'%s' is statically linked and cannot be checkpointed; it runs on without",
                  argv[0]);
        status_add_warning(&session->status, "the command is statically linked");
        session->warned = true;
    }
    return 0; /* the status is written when the schedule is known, a moment later */
}

/* ---- from a generation ---- */

static int restart_announce(struct session *session, const struct restart_plan *plan,
                            struct ckpt_error *err)
{
    unsigned generation = plan->generation;

    session->run_seconds_before = plan->manifest.run_seconds;
    triggers_learn(session, &plan->manifest);
    session->status.generation = generation;
    ckpt_info("restarted from generation %u, %.1f s into the task", generation,
              plan->manifest.run_seconds);
    lost_warn(&plan->tree, &session->status);
    way_tell(&session->means, &session->way, &session->status);
    if (status_add_restart(&session->status, generation, plan->manifest.run_seconds) < 0)
        return ckpt_error_set(err, ENOMEM, "no memory");
    return status_write(session->store, &session->status, err);
}

/* Newer generations than the one in use belong to a course of events that did not continue. */
static void newer_remove(struct session *session, const unsigned *numbers, size_t count,
                         unsigned in_use)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] > in_use)
            generation_abandon(session->store, numbers[i]);
    }
}

/* What the tree knows its files by, for those that are not what they were. */
static int numbers_bring_back(struct session *session, struct restart_plan *plan,
                              struct ckpt_error *err)
{
    struct files *files = &session->checkpoint.files;
    struct numbers_list list = {0};
    int error = files_continue(files, &plan->catalog, plan->generation, &list, err);

    if (error == 0)
        error = restart_numbers(&session->coordinator, &plan->tree, &list, err);
    if (error == 0 && numbers_make(&list, &files->numbers) < 0)
        error = ckpt_error_set(err, ENOMEM, "no memory");
    if (error == 0)
        error = numbers_write(files->numbers, session->store->dirfd, err);
    numbers_list_free(&list);
    return error;
}

/* The tree is back, parked; what is left is ours to do before it goes on. */
static int restart_settle(struct session *session, struct restart_plan *plan, const char *cwd,
                          struct ckpt_error *err)
{
    int error = output_cut(&session->output, err);

    if (error == 0)
        error = task_set_attempt_dir(&session->task, cwd, err);
    if (error == 0)
        error = task_write(session->store, &session->task, true, err);
    if (error == 0)
        error = notes_cut(session->store->dirfd, plan->catalog.notes_bytes, err);
    if (error == 0)
        error = variables_renew(session->store, environ, session->options.refresh, err);
    if (error == 0)
        error = session_files_open(session, cwd, err);
    if (error == 0)
        error = numbers_bring_back(session, plan, err);
    if (error == 0)
        error = restart_announce(session, plan, err);
    /* Last: what has been printed cannot be taken back when something else fails. */
    return error == 0 && session->options.replay ? output_replay(&session->output, err) : error;
}

/* What holds for the generation holds for those to come. */
static int options_take_over(struct run_options *options, const struct catalog *catalog,
                             struct ckpt_error *err)
{
    int error = 0;

    options->dedicated = catalog->dedicated;
    for (size_t i = 0; error == 0 && i < catalog->exclude_count; i++)
        error = run_options_exclude(options, catalog->excludes[i].glob, err);
    return error;
}

static void files_lost_warn(struct session *session, const struct rollback_lost *lost)
{
    if (lost->count > 0)
        warn_on_record(&session->status,
                       "'%s' was there before the command and has changed since the checkpoint: "
                       "it stays as it is%s",
                       lost->first, lost->count > 1 ? ", and so do others" : "");
}

static int files_bring_back(struct session *session, struct restart_plan *plan, const char *cwd,
                            struct place **ret, struct ckpt_error *err)
{
    struct notes notes = {0};
    struct rollback_lost lost = {0};
    int error = options_take_over(&session->options, &plan->catalog, err);
    struct place_spec spec = {
        .catalog = &plan->catalog,
        .contents = plan->dirfd,
        .from = session->task.attempt_dir,
        .to = cwd,
        .excludes = session->options.excludes,
        .exclude_count = session->options.exclude_count,
        .store = session->store->path,
        .notes = &notes,
        .workdir = plan->manifest.workdir,
    };

    if (error == 0)
        error = notes_read(&notes, session->store->dirfd, err);
    if (error == 0 && notes.bytes < plan->catalog.notes_bytes)
        error = ckpt_error_set(err, EBADMSG, "'%s' is shorter than at the checkpoint", NOTES_NAME);
    if (error == 0)
        error = place_make(&spec, ret, &lost, err);
    if (error == 0)
        files_lost_warn(session, &lost);
    notes_free(&notes);
    return error;
}

static int restart_try(struct session *session, enum run_mode mode, unsigned generation,
                       const char *cwd, bool *ret_verified, struct ckpt_error *err)
{
    struct restart_plan plan;
    struct place *place = NULL;
    char where[PATH_MAX];
    int error = restart_prepare(session->store, generation, &plan, err);

    *ret_verified = error == 0;
    if (error < 0)
        return error;
    session->output.use = tree_image_terminal_use(&plan.tree);
    error = where_to_continue(&session->task, mode, plan.catalog.dedicated, cwd, where, err);
    if (error == 0)
        error =
            way_find(&session->means, &plan, session->task.attempt_dir, where, &session->way, err);
    snprintf(where, sizeof(where), "%s", session->way.work);
    if (error == 0 && session->way.results[0] != 0)
        error = mount_point_make(&session->coordinator.mount_point, where, err);
    if (error == 0 && strcmp(where, session->task.attempt_dir) != 0)
        error = fit_check(session->store, &plan.manifest, where, err);
    if (error == 0)
        error = output_open(&session->output, &session->coordinator, plan.manifest.stdout_bytes,
                            plan.manifest.stderr_bytes, err);
    if (error == 0)
        error = refresh_open(session->store, session->options.refresh, &plan,
                             &session->coordinator.variables_fd, err);
    if (error == 0)
        error = files_bring_back(session, &plan, where, &place, err);
    if (error == 0)
        error = restart_tree(&session->coordinator, &session->output, &plan, &session->means, where,
                             &session->root.fd, err);
    if (error == 0)
        error = restart_settle(session, &plan, where, err);
    restart_plan_free(&plan);
    if (session->coordinator.variables_fd >= 0)
        close(session->coordinator.variables_fd);
    session->coordinator.variables_fd = -1;
    if (error < 0) {
        restart_undo(&session->coordinator);
        output_close(&session->output);
        files_close(&session->checkpoint.files);
        place_undo(place);
        return error;
    }
    place_commit(place);
    coordinator_tell_all(&session->coordinator, WIRE_RESUME);
    return 0;
}

/* What can be no better a moment later. */
static bool is_final(const struct ckpt_error *err)
{
    return err->code == ENOTSUP || err->code == ESTALE || err->code == EBADMSG ||
           err->code == EPERM || err->code == EACCES;
}

/* A generation that is whole is not given up for what may have passed a moment later: a limit that others of the same
 * user had reached, a file server that was slow, a number that somebody was about to give back. */
static int restart_from(struct session *session, enum run_mode mode, unsigned generation,
                        const char *cwd, struct ckpt_error *err)
{
    static const int pauses_ms[] = {100, 2000};
    bool verified;
    int error = restart_try(session, mode, generation, cwd, &verified, err);

    for (size_t i = 0; error < 0 && verified && !is_final(err) && i < 2; i++) {
        ckpt_info("generation %u cannot be restarted: %s; trying again", generation, err->message);
        usleep((useconds_t)pauses_ms[i] * 1000);
        error = restart_try(session, mode, generation, cwd, &verified, err);
    }
    return error;
}

/* The latest usable generation, or the one asked for, or older ones; -ENOENT when none was usable. */
static int restart(struct session *session, enum run_mode mode, const char *cwd)
{
    unsigned *numbers = NULL;
    size_t count = 0;
    int result = -ENOENT;
    struct ckpt_error err = {0};

    if (generation_list(session->store, &numbers, &count, &err) < 0) {
        ckpt_warn("%s", err.message);
        return -ENOENT;
    }
    for (size_t i = count; i-- > 0 && result < 0;) {
        if (session->options.generation != 0 && numbers[i] > session->options.generation)
            continue;
        result = restart_from(session, mode, numbers[i], cwd, &err);
        if (result < 0) {
            ckpt_warn("generation %u cannot be restarted: %s; %s", numbers[i], err.message,
                      i > 0 ? "trying an older one" : "there is no older one");
            status_add_refusal(&session->status, numbers[i], err.message);
        } else
            newer_remove(session, numbers, count, numbers[i]);
    }
    free(numbers);
    return result < 0 ? -ENOENT : 0;
}

static void impossible_warn(struct session *session, const struct ckpt_error *err)
{
    ckpt_warn("no restart: %s; the command starts from the beginning", err->message);
    status_add_refusal(&session->status, 0, err->message);
}

static int begin(struct session *session, enum run_mode mode, const char *cwd,
                 struct ckpt_error *err)
{
    bool wanted = mode == RUN_MODE_RESTART ||
                  (mode == RUN_MODE_RUN && !session->options.fresh && holds_generations(session));

    /* Before anything is touched: the same would be in the way of every generation. */
    bool possible = !wanted || namespaces_check(&session->means, err) == 0;
    /* `ckpt restart` may be called from anywhere: the task goes on where it was. */
    if (wanted && possible &&
        restart(session, mode, mode == RUN_MODE_RESTART ? session->task.attempt_dir : cwd) == 0)
        return 0;
    if (mode == RUN_MODE_RESTART)
        return possible ? ckpt_error_set(err, ESTALE, "no generation of '%s' could be restarted",
                                         session->store->path)
                        : -ESTALE;
    if (!possible)
        impossible_warn(session, err);
    else if (wanted)
        ckpt_warn("no generation could be restarted; the command starts from the beginning");
    return launch(session, cwd, err);
}

static int failure_code(enum run_mode mode, int error)
{
    if (error == -ESTALE || (mode == RUN_MODE_RESTART && error != -EINVAL && error != -EBUSY))
        return EXIT_RESTART_FAILED;
    if (error == -ENOENT)
        return EXIT_NOT_FOUND;
    return error == -EACCES || error == -ENOEXEC ? EXIT_NOT_EXECUTABLE : EXIT_USAGE;
}

int supervisor_run(struct run_options *options, enum run_mode mode)
{
    struct session session;
    struct ckpt_error err = {0};
    char cwd[PATH_MAX];
    int status;

    if (getcwd(cwd, sizeof(cwd)) == NULL) {
        ckpt_error_errno(&err, "find the working directory");
        ckpt_fail(&err);
        return EXIT_USAGE;
    }
    session_init(&session);
    session.options = *options;
    terminal_open(&session.terminal);
    int error = session_open(&session, mode, cwd, &err);
    if (error == 0)
        error = begin(&session, mode, cwd, &err);
    if (error < 0) {
        ckpt_fail(&err);
        status = failure_code(mode, error);
    } else {
        status = session_loop(&session);
    }
    session_close(&session);
    *options = session.options;
    return status;
}
