/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The task goes on from a generation: which one, its files, its tree, and what is put on record. A generation that cannot
 * be restarted leaves everything as it was, so that an older one can be tried. */
#include "supervisor/session.h"

#include "common/log.h"
#include "restore/place.h"
#include "store/generation.h"
#include "store/variables.h"
#include "supervisor/fit.h"
#include "supervisor/lost.h"
#include "supervisor/refresh.h"
#include "supervisor/triggers.h"
#include "supervisor/warning.h"
#include "supervisor/where.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

int session_restart(struct session *session, enum run_mode mode, const char *cwd)
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
