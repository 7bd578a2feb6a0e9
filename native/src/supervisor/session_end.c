/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The end of a session, after that of the root: the last output, the processes that are left, the files of the task, its
 * last status. */
#include "supervisor/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "proc/process_tree.h"
#include "store/generation.h"
#include "store/remove.h"
#include "store/request.h"
#include "supervisor/attempt.h"
#include "supervisor/exit_codes.h"
#include "supervisor/quiesce.h"
#include "supervisor/triggers.h"
#include "supervisor/warning.h"

#include <sys/wait.h>
#include <unistd.h>

/* A process connects within milliseconds, one without the library never. */
#define LATECOMER_DEADLINE_MS 100
#define LATECOMER_RECHECK_MS  2
#define LATECOMER_LAST_MS     20 /* for one that was forked by a process just taking leave */
/* After the root's end others may still be writing: their output counts, for a while. What is due to a reader is waited
 * for as the task itself would, until somebody ends us. */
static void output_finish(struct session *session)
{
    uint64_t deadline = clock_monotonic_ms() + session->options.grace_ms;

    output_drain(&session->output, &session->coordinator);
    for (;;) {
        bool is_late = clock_monotonic_ms() >= deadline, is_due = output_is_due(&session->output);
        bool is_ended = session_end_is_wanted(session);
        if (is_due ? is_ended && is_late : is_ended || is_late || output_ended(&session->output))
            break;
        coordinator_pump(&session->coordinator, 50);
    }
}

static int exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void pump_until(struct session *session, uint64_t deadline)
{
    while (clock_monotonic_ms() < deadline)
        coordinator_pump(&session->coordinator, LATECOMER_RECHECK_MS);
}

/* Who is still being started when the supervisor leaves would take it for dead: everybody has to hear of it. */
static void tree_detach(struct session *session)
{
    uint64_t deadline = clock_monotonic_ms() + LATECOMER_DEADLINE_MS;
    struct process_tree tree = {0};
    bool all = session->coordinator.mode == TREE_CHILD && process_tree_is_childless(), nobody = all;

    while (!all && clock_monotonic_ms() < deadline &&
           tree_list(&session->coordinator, &tree, NULL) == 0) {
        all = tree_is_connected(&session->coordinator, &tree);
        nobody = tree.count == 0;
        process_tree_free(&tree);
        if (!all)
            coordinator_pump(&session->coordinator, LATECOMER_RECHECK_MS);
    }
    coordinator_tell_all(&session->coordinator, WIRE_DETACH);
    if (nobody)
        return;
    pump_until(session, clock_monotonic_ms() + LATECOMER_LAST_MS);
    coordinator_tell_all(&session->coordinator, WIRE_DETACH);
}

static void tree_leave(struct session *session)
{
    if (session->coordinator.mode == TREE_CAPSULE) {
        if (session->coordinator.capsule_outer > 0)
            tree_kill(&session->coordinator);
    } else {
        tree_detach(session);
    }
}

/* Without its files the task has not come to its end: its generations stay, and the next attempt goes on from them. */
static int results_hand_over(struct session *session, int status)
{
    struct ckpt_error err;

    if (way_finish(&session->way, &session->checkpoint.files, &session->options,
                   session->store->path, &err) == 0)
        return status;
    warn_on_record(&session->status, "the files of the task stay in '%s': %s", session->way.work,
                   err.message);
    return status == 0 ? EXIT_RESTART_FAILED : status;
}

/* Whether anybody could want to know of a task that has ended well. */
static bool is_worth_a_store(const struct session *session, const struct status *status)
{
    return !session->options.remove_unused || status->generation != 0 ||
           status->restart_count != 0 || status->refusal_count != 0 || status->warning_count != 0 ||
           status->failure_reason != NULL || status->oom_kills != 0;
}

/* A thousand short tasks are a thousand stores, which others would have to read and to remove. */
static bool store_given_up(struct session *session)
{
    struct ckpt_error err = {0};

    if (is_worth_a_store(session, &session->status))
        return false;
    if (store_remove_held(session->store, &err) == 0)
        return true;
    ckpt_info("%s", err.message);
    return false;
}

static void images_drop(struct session *session)
{
    generation_remove_all(session->store, NULL);
    unlinkat(session->store->dirfd, NOTES_NAME, 0);
    unlinkat(session->store->dirfd, NUMBERS_NAME, 0);
    session->status.generation = 0;
}

int session_end(struct session *session)
{
    struct status *record = &session->status;

    if (session->checkpoint.writing)
        writing_ended(session);
    output_finish(session);
    if (session->request[0] != 0 || request_next(session->store, session->request) == 1)
        request_answer(session, 0, "the task has ended");
    tree_leave(session);
    int status = record->state == STATUS_STOPPED ? 128 + session->stop_signal
                                                 : exit_status(session->root_status);
    if (record->state == STATUS_RUNNING && session->way.results[0] != 0)
        status = results_hand_over(session, status);
    if (record->state == STATUS_RUNNING)
        record->state = STATUS_ENDED;
    record->has_exit_status = session->coordinator.mode != TREE_BARE;
    record->exit_status = status;
    record->oom_kills = memory_watch_kills(&session->memory);
    if (record->has_exit_status && record->state == STATUS_ENDED && status == 0) {
        if (store_given_up(session))
            return status;
        images_drop(session);
    }
    status_save(session);
    return status;
}
