/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Taking a checkpoint while the tree runs: who holds it off, trying it, and what its outcome means for whoever has asked,
 * for the schedule and for the next attempt. */
#include "supervisor/attempt.h"

#include "common/clock.h"
#include "common/log.h"
#include "objects/proc_half_read.h"
#include "store/generation.h"
#include "store/request.h"
#include "store/variables.h"
#include "supervisor/calls.h"
#include "supervisor/plan.h"
#include "supervisor/quiesce.h"
#include "supervisor/room.h"
#include "supervisor/triggers.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENDED_TRIES       20
#define ENDED_PAUSE_MS    50
#define UNREAD_TRIES      12
#define UNREAD_LEAST_MS   500 /* for a file below /proc to be read */
#define UNREAD_MOST_MS    3000
#define RETRY_LONGEST_MS  30000
#define RETRY_SHORTEST_MS 1000

static void again_at(struct session *session, uint64_t when_ms)
{
    schedule_again(&session->schedule, when_ms);
    triggers_follow(session);
}

/* ---- the outcome of a checkpoint ---- */

void request_answer(struct session *session, unsigned generation, const char *error)
{
    if (session->request[0] == 0)
        return;
    request_reply(session->store, session->request, generation, error, NULL);
    session->request[0] = 0;
    session->coordinator.requests_told = true; /* of others that waited */
}

/* Not more often than this, however often what is in the way goes and comes again. */
static void retry_soon(struct session *session)
{
    again_at(session, session->attempted_ms + RETRY_SHORTEST_MS);
}

static void obstacle_forget(struct session *session)
{
    if (session->obstacle.fd <= 0)
        return;
    coordinator_unwatch(&session->coordinator, &session->obstacle);
    close(session->obstacle.fd);
    session->obstacle.fd = 0;
}

static void obstacle_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct session *session = session_of(coordinator);

    (void)watch;
    obstacle_forget(session);
    if (!session->checkpoint.writing)
        retry_soon(session);
}

/* Whoever has asked for one may ask again. */
static bool retries(const struct session *session)
{
    return session->cause == MANIFEST_PERIODIC || session->cause == MANIFEST_TIME_LIMIT ||
           session->options.interval_ms > 0 || session->options.interval_auto;
}

/* The process that is in the way may end long before the time to try again has come. */
static void obstacle_watch(struct session *session)
{
    pid_t process = session->coordinator.obstacle;

    obstacle_forget(session);
    session->coordinator.obstacle = 0;
    if (process <= 0 || !retries(session))
        return;
    session->obstacle =
        (struct watch){.fd = (int)syscall(SYS_pidfd_open, process, 0), .ready = obstacle_ready};
    if (session->obstacle.fd < 0 ||
        coordinator_watch(&session->coordinator, &session->obstacle, NULL) < 0)
        session->obstacle.fd = 0; /* then the timer has to do */
}

/* Those that members hold have waited for this one. */
static void signals_settle(struct session *session)
{
    if (session->cause == MANIFEST_SIGNAL && session->stop_signal == 0)
        calls_signals_deliver(session, false);
}

static void checkpoint_failed(struct session *session, struct ckpt_error *err)
{
    uint64_t retry = schedule_interval(&session->schedule, session->schedule.cost_resident) / 10;
    uint64_t now = clock_monotonic_ms();

    if (err->code == ECHILD) { /* nothing is wrong, and we are about to hear of the end */
        again_at(session, now + RETRY_SHORTEST_MS);
        return;
    }
    room_tell(session, err);
    if (!session->warned && session->stop_signal == 0)
        ckpt_warn("no checkpoint: %s; the task runs on", err->message);
    else if (session->coordinator.final)
        ckpt_warn("no final checkpoint: %s", err->message);
    session->warned = true;
    ckpt_info("no checkpoint: %s", err->message);
    status_set_failure(&session->status, err->message);
    status_save(session);
    request_answer(session, 0, err->message);
    calls_end(session, 0, err->message);
    signals_settle(session);
    if (retry > RETRY_LONGEST_MS)
        retry = RETRY_LONGEST_MS;
    if (session->cause == MANIFEST_TIME_LIMIT || retry < RETRY_SHORTEST_MS)
        retry = RETRY_SHORTEST_MS;
    obstacle_watch(session);
    if (retries(session))
        again_at(session, now + retry);
}

static void checkpoint_succeeded(struct session *session)
{
    struct checkpoint *checkpoint = &session->checkpoint;
    struct ckpt_error err;

    ckpt_info("generation %u: pause %.3f s, write %.3f s", checkpoint->generation,
              checkpoint->pause_seconds, checkpoint->write_seconds);
    obstacle_forget(session);
    uint64_t now = clock_monotonic_ms();
    schedule_taken(
        &session->schedule,
        session->cause == MANIFEST_TIME_LIMIT ? SCHEDULE_LIMIT : SCHEDULE_PERIODIC,
        session->attempted_ms, now,
        (checkpoint->prepared.seconds + checkpoint->pause_seconds + checkpoint->write_seconds) *
            1000,
        checkpoint->resident_bytes);
    plan_note(session, checkpoint->resident_bytes);
    windows_check(session, checkpoint->resident_bytes);
    session->status.generation = checkpoint->generation;
    status_set_failure(&session->status, NULL);
    status_save(session);
    if (generation_prune(session->store, session->options.keep, &err) < 0)
        ckpt_info("%s", err.message);
    request_answer(session, checkpoint->generation, NULL);
    calls_end(session, checkpoint->generation, NULL);
    signals_settle(session);
    triggers_follow(session);
}

/* The kernel chooses a copy before any process of the task, which then has lost nobody. */
static void want_of_memory_tell(struct session *session, struct ckpt_error *err)
{
    if (memory_watch_excuse(&session->memory, session->kills_before,
                            session->checkpoint.snapshots_killed) > 0)
        ckpt_error_set(err, err->code, "%s, by the kernel, for want of memory", err->message);
}

static void checkpoint_begin(struct session *session, enum manifest_cause cause);

void writing_ended(struct session *session)
{
    struct ckpt_error err = {0};

    int error = checkpoint_finish(&session->checkpoint, &err);
    want_of_memory_tell(session, &err);
    if (session->stands_still)
        coordinator_tell_all(&session->coordinator, WIRE_RESUME);
    session->stands_still = false;
    if (error == -EAGAIN && !session->again && !session->root_ended && session->stop_signal == 0) {
        /* A file changed while it was copied: this time everything is copied during the pause. */
        ckpt_info("once more: %s", err.message);
        session->again = true;
        checkpoint_begin(session, session->cause);
        return;
    }
    session->again = false;
    if (error < 0)
        checkpoint_failed(session, &err);
    else
        checkpoint_succeeded(session);
}

void writing_ready(struct coordinator *coordinator, struct watch *watch)
{
    (void)watch;
    writing_ended(session_of(coordinator));
}

/* The number under which it is on record who has asked. */
static const char *request_of(struct session *session)
{
    if (session->request[0] != 0)
        return session->request;
    if (session->cause != MANIFEST_REQUEST || random_id(session->inner_request) < 0)
        return NULL;
    return session->inner_request;
}

/* What the tree would write while its image is written might not fit beside it: it waits then. */
static bool is_tight(struct session *session)
{
    memory_watch_find_limit(&session->memory);
    if (session->memory.usage < 0)
        return false;
    struct memory_look look = memory_watch_look(&session->memory, session->options.memory,
                                                clock_monotonic_ms(), tree_resident(session));
    if (look.tight)
        ckpt_info("%llu MiB of %llu MiB are in use: the task stands still until the image is "
                  "complete",
                  (unsigned long long)(look.used >> 20),
                  (unsigned long long)(session->memory.limit >> 20));
    return look.tight;
}

int image_prepare(struct session *session, struct ckpt_error *err)
{
    int error = 0;

    if (session->variables_due)
        error = variables_begin(session->store, environ, session->options.refresh, err);
    session->variables_due &= error < 0;
    return error;
}

static int begin_once(struct session *session, enum manifest_cause cause, const char *request,
                      struct ckpt_error *err)
{
    session->busy = true;
    session->checkpoint.run_seconds = run_seconds(session);
    int error = image_prepare(session, err);
    if (error == 0)
        error = checkpoint_take(&session->checkpoint, cause, request, session->stands_still, err);
    session->busy = false;
    return error;
}

/* A file below /proc is read on only while nobody is stopped: whoever has it half read is looked at from outside. What
 * nobody reads for so long is kept as it is. */
static void unread_await(struct session *session)
{
    uint64_t patience = session->cause == MANIFEST_MEMORY ? UNREAD_LEAST_MS : UNREAD_MOST_MS;
    int stop = session->stop_signal;

    do
        coordinator_pump(&session->coordinator, ENDED_PAUSE_MS);
    while (!session->root_ended && session->stop_signal == stop &&
           clock_monotonic_ms() < session->attempted_ms + patience &&
           half_read_has(session->coordinator.obstacle));
    if (clock_monotonic_ms() >= session->attempted_ms + patience)
        session->checkpoint.half_read_too = true;
}

/* A process that ended meanwhile is no obstacle, and the end of the command no reason to warn. What waits to be read when
 * everybody is stopped has mostly been read a moment later. */
bool obstacle_passes(struct session *session, const struct ckpt_error *err, int tries)
{
    if (tries >= ENDED_TRIES || (err->code != ESRCH && err->code != EINPROGRESS) ||
        (err->code == EINPROGRESS && tries >= UNREAD_TRIES))
        return false;
    ckpt_info("no checkpoint: %s", err->message);
    unread_await(session);
    return true;
}

static void checkpoint_try(struct session *session, enum manifest_cause cause)
{
    struct ckpt_error err = {0};

    session->cause = cause;
    session->attempted_ms = clock_monotonic_ms();
    session->kills_before = memory_watch_kills(&session->memory);
    session->checkpoint.half_read_too = false;
    session->stay_wanted = false;
    calls_begin(session);
    const char *request = request_of(session);
    session->stands_still = is_tight(session);
    for (int tries = 0;; tries++) {
        session->coordinator.obstacle = 0;
        /* A signal foretells an end, and so may the use of memory: nobody knows how soon. */
        if (cause != MANIFEST_SIGNAL && cause != MANIFEST_MEMORY && !session->stands_still)
            prepared_make(&session->checkpoint.prepared, &session->coordinator);
        if (session_ends(session) || begin_once(session, cause, request, &err) == 0)
            return;
        if (!obstacle_passes(session, &err, tries))
            break;
        if (session_ends(session))
            return;
    }
    if (err.code == EOWNERDEAD)
        want_of_memory_tell(session, &err);
    checkpoint_failed(session, &err);
}

/* What happens meanwhile is looked at afterwards: a checkpoint does not begin within another. */
static void checkpoint_begin(struct session *session, enum manifest_cause cause)
{
    if (session->beginning)
        return;
    session->beginning = true;
    checkpoint_try(session, cause);
    session->beginning = false;
    if (!session->checkpoint.writing && !session_ends(session))
        triggers_look(session);
}

/* How long a process may hold one off. */
static uint64_t patience_ms(struct session *session, enum manifest_cause cause)
{
    uint64_t bytes = session->schedule.cost_resident;

    switch (cause) {
    case MANIFEST_PERIODIC:
        return schedule_interval(&session->schedule, bytes);
    case MANIFEST_TIME_LIMIT:
        return schedule_lead(&session->schedule, bytes) / 4;
    case MANIFEST_MEMORY:
        return 0;
    default:
        return session->options.grace_ms / 2;
    }
}

/* True: not now, because a process has asked for that. */
static bool put_off(struct session *session, enum manifest_cause cause)
{
    uint64_t now = clock_monotonic_ms(), until = now + patience_ms(session, cause);

    if (!calls_hold(session)) {
        session->put_off_ms = 0;
        return false;
    }
    if (session->put_off_ms == 0 || until < session->put_off_ms) {
        session->put_off_ms = until;
        session->put_off = cause;
        ckpt_info("a process holds off the checkpoint that is due, for %.1f s at most",
                  (double)(until - now) / 1000);
    }
    if (now >= session->put_off_ms) {
        ckpt_info("the checkpoint has been held off for long enough");
        session->put_off_ms = 0;
        return false;
    }
    triggers_follow_at(session, session->put_off_ms);
    return true;
}

void checkpoint_start(struct session *session, enum manifest_cause cause)
{
    if (!put_off(session, cause))
        checkpoint_begin(session, cause);
}
