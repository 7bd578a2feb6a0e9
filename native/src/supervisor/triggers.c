/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What leads to checkpoints while the tree runs: schedule.c says when, this file looks at the clock and at the tree for
 * it, serves requests and watches the memory; attempt.c takes them. Called from the event loop; session.c takes the final
 * checkpoint. */
#include "supervisor/triggers.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/parse.h"
#include "proc/process_tree.h"
#include "store/request.h"
#include "supervisor/attempt.h"
#include "supervisor/calls.h"
#include "supervisor/plan.h"
#include "supervisor/quiesce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define STATUS_LATER_MS   1000
#define MEMORY_FIRST_MS   50
#define REQUEST_LOOK_MS   1000 /* what comes from other hosts is found then */
#define OUTSIDE_WINDOW_MS 50   /* in which whoever signals every process has come to us as well */

double run_seconds(const struct session *session)
{
    return session->run_seconds_before +
           (double)(clock_monotonic_ms() - session->started_ms) / 1000;
}

bool session_ends(const struct session *session)
{
    return session->root_ended || session_end_is_wanted(session);
}

void status_save(struct session *session)
{
    struct ckpt_error err;

    session->status_due_ms = 0;
    if (status_write(session->store, &session->status, &err) < 0)
        ckpt_info("%s", err.message);
}

static void timer_set(int fd, uint64_t delay_ms)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(delay_ms / 1000),
                     .tv_nsec = (long)(delay_ms % 1000) * 1000000},
    };

    timerfd_settime(fd, 0, &when, NULL);
}

static void timer_arm(struct session *session, uint64_t delay_ms)
{
    timer_set(session->timer.fd, delay_ms);
}

void triggers_follow_at(struct session *session, uint64_t when_ms)
{
    uint64_t now = clock_monotonic_ms();

    timer_arm(session, when_ms > now ? when_ms - now : 1);
}

uint64_t tree_resident(struct session *session)
{
    struct process_tree tree = {0};
    uint64_t bytes = 0;

    if (tree_list(&session->coordinator, &tree, NULL) < 0)
        return 0;
    for (size_t i = 0; i < tree.count; i++)
        bytes += tree.processes[i].resident_bytes;
    process_tree_free(&tree);
    return bytes;
}

/* A signal from outside that a member holds. Mostly we get it as well, a moment later, and that is the end of the task
 * (session.c). If not, there is an image before it takes effect. True: nothing else is to be done now. */
static bool signals_follow(struct session *session)
{
    uint64_t since, now = clock_monotonic_ms();

    if (!calls_signals_wait(session, &since))
        return false;
    if (now < since + OUTSIDE_WINDOW_MS) {
        triggers_follow_at(session, since + OUTSIDE_WINDOW_MS);
        return true;
    }
    calls_signals_deliver(session, true);
    if (!calls_signals_wait(session, &since))
        return false;
    if (!schedule_is_ripe(&session->schedule, now) || now > since + session->options.grace_ms) {
        calls_signals_deliver(session, false);
        return false;
    }
    checkpoint_start(session, MANIFEST_SIGNAL);
    return true;
}

/* One that a process holds off. True: nothing else is to be done now. */
static bool put_off_follow(struct session *session)
{
    if (session->put_off_ms == 0)
        return false;
    if (session->put_off == MANIFEST_REQUEST) {
        session->coordinator.requests_told = true;
        request_serve(session);
    } else {
        checkpoint_start(session, session->put_off);
    }
    return true;
}

/* Whatever is due is begun, else the timer is set for the next look. What has just begun has no size to speak of, unless
 * the first image depends on it. */
static void follow(struct session *session, bool has_begun)
{
    if (session->checkpoint.writing || session->beginning || session_ends(session))
        return; /* asked again when that has an end */
    if (signals_follow(session))
        return;
    bool by_size = session->schedule.spec.limit_ms != 0 || session->schedule.spec.automatic ||
                   (has_begun && session->schedule.cost_ms < 0);
    uint64_t bytes = by_size ? tree_resident(session) : session->schedule.cost_resident;
    struct schedule_step step = schedule_look(&session->schedule, clock_monotonic_ms(), bytes);

    plan_note(session, bytes);
    windows_check(session, bytes);
    wait_tell(session);
    timer_arm(session, step.wait_ms);
    if (step.due != SCHEDULE_LIMIT && put_off_follow(session))
        return;
    if (step.due == SCHEDULE_NOTHING)
        return;
    checkpoint_start(session, step.due == SCHEDULE_LIMIT ? MANIFEST_TIME_LIMIT : MANIFEST_PERIODIC);
}

void triggers_follow(struct session *session)
{
    follow(session, true);
}

void triggers_look(struct session *session)
{
    timer_arm(session, 1);
}

/* ---- what leads to one ---- */

static void timer_ready(struct coordinator *coordinator, struct watch *watch)
{
    uint64_t count;

    if (read(watch->fd, &count, sizeof(count)) > 0)
        triggers_follow(session_of(coordinator));
}

/* We are told of new ones, but for those from other hosts. */
static bool request_find(struct session *session)
{
    uint64_t now = clock_monotonic_ms();

    if (!session->coordinator.requests_told && now < session->requests_look_ms)
        return false;
    session->coordinator.requests_told = false;
    session->requests_look_ms = now + REQUEST_LOOK_MS;
    return request_next(session->store, session->request) == 1;
}

/* One at a time; the next is looked for when this one has been answered. */
void request_serve(struct session *session)
{
    if (session->checkpoint.writing || session->beginning || session_ends(session))
        return;
    if (session->stay_wanted) {
        checkpoint_start(session, MANIFEST_SIGNAL);
        return;
    }
    if (!request_find(session))
        session->request[0] = 0;
    if (session->request[0] != 0 || calls_want_checkpoint(session))
        checkpoint_start(session, MANIFEST_REQUEST);
}

static void memory_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct session *session = session_of(coordinator);
    uint64_t count, now = clock_monotonic_ms();

    if (read(watch->fd, &count, sizeof(count)) < 0)
        return;
    memory_watch_find_limit(&session->memory);
    struct memory_look look = memory_watch_look(&session->memory, session->options.memory, now, 0);
    timer_set(watch->fd, look.wait_ms);
    if (!look.pressed || session->checkpoint.writing || session->beginning ||
        session_ends(session) || !schedule_is_ripe(&session->schedule, now))
        return;
    ckpt_info("%llu MiB of %llu MiB are in use", (unsigned long long)(look.used >> 20),
              (unsigned long long)(session->memory.limit >> 20));
    session->memory.armed = false;
    checkpoint_start(session, MANIFEST_MEMORY);
}

/* ---- beginning and end ---- */

/* The nearer of what the caller says and what the batch system does, as a moment of our clock; 0: none is known. */
static uint64_t limit_find(const struct run_options *options, uint64_t now)
{
    const char *slurm = getenv("SLURM_JOB_END_TIME");
    uint64_t seconds, at = options->limit_at_ms, limit = 0;
    struct timespec wall;

    if (options->limit_none)
        return 0;
    if (slurm != NULL && parse_unsigned(slurm, INT64_MAX / 1000, &seconds) == 0 &&
        (at == 0 || seconds * 1000 < at))
        at = seconds * 1000;
    clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t wall_ms = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
    if (at != 0)
        limit = at > wall_ms ? now + (at - wall_ms) : now;
    if (options->limit_ms != 0 && (limit == 0 || now + options->limit_ms < limit))
        limit = now + options->limit_ms;
    return limit;
}

/* Random, unless a test wants the same waits again. */
static uint64_t jitter_seed(void)
{
    const char *text = getenv("CKPT_JITTER_SEED");
    uint64_t seed = (uint64_t)getpid() ^ clock_monotonic_ms() << 20;

    if (text != NULL && parse_unsigned(text, UINT64_MAX, &seed) == 0)
        return seed;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
        ckpt_info("no random numbers for the jitter: %s", strerror(errno));
    return seed;
}

void triggers_begin(struct session *session)
{
    const struct run_options *options = &session->options;
    uint64_t now = clock_monotonic_ms();
    struct schedule_spec spec = {
        .interval_ms = options->interval_ms,
        .automatic = options->interval_auto,
        .mtbf_ms = options->mtbf_ms,
        .jitter = options->jitter,
        .min_runtime_ms = options->min_runtime_ms,
        .limit_ms = limit_find(options, now),
        .seed = jitter_seed(),
    };

    session->started_ms = now;
    schedule_begin(&session->schedule, &spec, now, (uint64_t)(session->run_seconds_before * 1000));
    session->status.plan = (struct status_plan){
        .known = true,
        .automatic = spec.automatic,
        .mtbf_seconds = (double)spec.mtbf_ms / 1000,
        .min_runtime_seconds = (double)spec.min_runtime_ms / 1000,
    };
    if (spec.limit_ms != 0)
        clock_text_in((int64_t)(spec.limit_ms - now), session->status.plan.limit);
    memory_watch_open(&session->memory);
    if (options->memory > 0)
        timer_set(session->memory_timer.fd, MEMORY_FIRST_MS);
    follow(session, false);
    /* Most short tasks have ended before anybody asks; until then the lease tells that it runs. */
    if (session->is_new && session->status.warning_count == 0 && session->status.refusal_count == 0)
        session->status_due_ms = now + STATUS_LATER_MS;
    else
        status_save(session);
}

void triggers_learn(struct session *session, const struct manifest *manifest)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < manifest->process_count; i++)
        bytes += manifest->processes[i].resident_bytes;
    schedule_cost(&session->schedule, (manifest->pause_seconds + manifest->write_seconds) * 1000,
                  bytes);
}

void triggers_end(struct session *session)
{
    timer_arm(session, 0);
    timer_set(session->memory_timer.fd, 0);
    session->schedule.spec.interval_ms = 0;
    session->schedule.spec.automatic = false;
    session->schedule.spec.limit_ms = 0;
    session->schedule.due_ms = 0;
}

int triggers_open(struct session *session, struct ckpt_error *err)
{
    struct coordinator *coordinator = &session->coordinator;

    session->timer = (struct watch){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = timer_ready};
    session->checkpoint.done.ready = writing_ready;
    session->memory_timer = (struct watch){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = memory_ready};
    if (session->timer.fd < 0 || session->memory_timer.fd < 0)
        return ckpt_error_errno(err, "make a timer");
    request_prepare(session->store);
    int error = coordinator_watch(coordinator, &session->memory_timer, err);
    if (error == 0)
        error = coordinator_watch(coordinator, &session->timer, err);
    if (error == 0)
        error = checkpoint_open(&session->checkpoint, err);
    return error;
}
