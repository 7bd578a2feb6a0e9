/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What leads to checkpoints while the tree runs, and what becomes of them: schedule.c says when, this file looks at the
 * clock and at the tree for it, serves requests, tries again what has failed, and says beforehand where time will be
 * too short. Called from the event loop; session.c takes the final checkpoint. */
#include "supervisor/triggers.h"

#include "capture/process_tree.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/parse.h"
#include "store/generation.h"
#include "store/request.h"
#include "supervisor/calls.h"
#include "supervisor/quiesce.h"
#include "supervisor/warning.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ENDED_TRIES       20
#define ENDED_PAUSE_MS    50
#define UNREAD_TRIES      5
#define RETRY_LONGEST_MS  30000
#define RETRY_SHORTEST_MS 1000
#define OUTSIDE_WINDOW_MS 50 /* in which whoever signals every process has come to us as well */

double run_seconds(const struct session *session)
{
    return session->run_seconds_before +
           (double)(clock_monotonic_ms() - session->started_ms) / 1000;
}

/* The end of the task is known by now, or about to be dealt with. */
static bool ends(const struct session *session)
{
    return session->root_ended || session->stop_signal != 0 || session->late_signal != 0;
}

void status_save(struct session *session)
{
    struct ckpt_error err;

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

static void timer_until(struct session *session, uint64_t when_ms)
{
    uint64_t now = clock_monotonic_ms();

    timer_arm(session, when_ms > now ? when_ms - now : 1);
}

/* Of the whole tree, as far as it can be seen. */
static uint64_t resident(struct session *session)
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

/* ---- what people are told of the schedule ---- */

static void plan_note(struct session *session, uint64_t bytes)
{
    const struct schedule *schedule = &session->schedule;
    struct status_plan *plan = &session->status.plan;

    plan->interval_seconds = (double)schedule_interval(schedule, bytes) / 1000;
    plan->cost_seconds = schedule_cost_expected(schedule, bytes) / 1000;
    plan->cost_is_measured = schedule->cost_ms >= 0;
    if (schedule->spec.limit_ms != 0)
        plan->lead_seconds = (double)schedule_lead(schedule, bytes) / 1000;
    if (!schedule->spec.automatic || session->interval_told == (uint64_t)plan->interval_seconds)
        return;
    session->interval_told = (uint64_t)plan->interval_seconds;
    ckpt_info("interval %.0f s: a checkpoint takes about %.2f s (%s), mean time between failures "
              "%.0f s",
              plan->interval_seconds, plan->cost_seconds,
              plan->cost_is_measured ? "measured" : "expected of the tree's size",
              plan->mtbf_seconds);
}

/* Said beforehand, once each: when the end comes it is too late. */
static void windows_check(struct session *session, uint64_t bytes)
{
    const struct schedule *schedule = &session->schedule;
    double cost = schedule_cost_expected(schedule, bytes);
    uint64_t now = clock_monotonic_ms(), limit = schedule->spec.limit_ms;

    if (cost > (double)session->options.grace_ms && !session->told_grace) {
        session->told_grace = true;
        warn_on_record(&session->status,
                       "a final image of %.1f GiB takes about %.1f s, --grace allows %.1f s: the "
                       "one before it will have to serve",
                       (double)bytes / (1 << 30), cost / 1000,
                       (double)session->options.grace_ms / 1000);
    }
    if (now < limit && session->status.generation == 0 && (double)limit - cost < (double)now &&
        !session->told_limit) {
        session->told_limit = true;
        warn_on_record(&session->status,
                       "an image of %.1f GiB takes about %.1f s, and the time limit is in %.1f s: "
                       "none will be complete by then",
                       (double)bytes / (1 << 30), cost / 1000, (double)(limit - now) / 1000);
    }
}

static void checkpoint_start(struct session *session, enum manifest_cause cause);

static void wait_tell(struct session *session)
{
    const struct schedule *schedule = &session->schedule;
    uint64_t interval = schedule->spec.interval_ms;

    if (interval == 0 || session->wait_told == schedule->waits_from_ms)
        return;
    session->wait_told = schedule->waits_from_ms;
    ckpt_info("the next interval is %.3f s",
              (double)(interval - interval * schedule->shorter_by / 1000) / 1000);
}

/* A signal from outside that a member holds. Mostly we get it as well, a moment later, and that is the end of the task
 * (session.c). If not, there is an image before it takes effect. True: nothing else is to be done now. */
static bool signals_follow(struct session *session)
{
    uint64_t since, now = clock_monotonic_ms();

    if (!calls_signals_wait(session, &since))
        return false;
    if (now < since + OUTSIDE_WINDOW_MS) {
        timer_until(session, since + OUTSIDE_WINDOW_MS);
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
    if (session->put_off == MANIFEST_REQUEST)
        request_serve(session);
    else
        checkpoint_start(session, session->put_off);
    return true;
}

/* Whatever is due is begun, else the timer is set for the next look. */
static void schedule_follow(struct session *session)
{
    if (session->checkpoint.writing || session->beginning || ends(session))
        return; /* asked again when that has an end */
    if (signals_follow(session))
        return;
    uint64_t bytes = session->schedule.spec.limit_ms != 0 || session->schedule.spec.automatic ||
                             session->schedule.cost_ms < 0
                         ? resident(session)
                         : session->schedule.cost_resident;
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

void triggers_look(struct session *session)
{
    timer_arm(session, 1);
}

static void again_at(struct session *session, uint64_t when_ms)
{
    schedule_again(&session->schedule, when_ms);
    schedule_follow(session);
}

/* ---- the outcome of a checkpoint ---- */

void request_answer(struct session *session, unsigned generation, const char *error)
{
    if (session->request[0] == 0)
        return;
    request_reply(session->store, session->request, generation, error, NULL);
    session->request[0] = 0;
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

static void checkpoint_failed(struct session *session, const struct ckpt_error *err)
{
    uint64_t retry = schedule_interval(&session->schedule, session->schedule.cost_resident) / 10;
    uint64_t now = clock_monotonic_ms();

    if (err->code == ECHILD) { /* nothing is wrong, and we are about to hear of the end */
        again_at(session, now + RETRY_SHORTEST_MS);
        return;
    }
    if (!session->warned && session->stop_signal == 0)
        ckpt_warn("no checkpoint: %s; the task runs on", err->message);
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
    schedule_follow(session);
}

static void checkpoint_begin(struct session *session, enum manifest_cause cause);

void writing_ended(struct session *session)
{
    struct ckpt_error err = {0};

    int error = checkpoint_finish(&session->checkpoint, &err);
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

static void done_ready(struct coordinator *coordinator, struct watch *watch)
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
    if (session->memory.usage < 0)
        return false;
    struct memory_look look = memory_watch_look(&session->memory, session->options.memory,
                                                clock_monotonic_ms(), resident(session));
    if (look.tight)
        ckpt_info("%llu MiB of %llu MiB are in use: the task stands still until the image is "
                  "complete",
                  (unsigned long long)(look.used >> 20),
                  (unsigned long long)(session->memory.limit >> 20));
    return look.tight;
}

static int begin_once(struct session *session, enum manifest_cause cause, const char *request,
                      struct ckpt_error *err)
{
    session->busy = true;
    session->checkpoint.run_seconds = run_seconds(session);
    int error = checkpoint_take(&session->checkpoint, cause, request, session->stands_still, err);
    session->busy = false;
    return error;
}

static void checkpoint_try(struct session *session, enum manifest_cause cause)
{
    struct ckpt_error err = {0};

    session->cause = cause;
    session->attempted_ms = clock_monotonic_ms();
    session->stay_wanted = false;
    calls_begin(session);
    const char *request = request_of(session);
    session->stands_still = is_tight(session);
    for (int tries = 0; tries < ENDED_TRIES; tries++) {
        /* A signal foretells an end, and so may the use of memory: nobody knows how soon. */
        if (cause != MANIFEST_SIGNAL && cause != MANIFEST_MEMORY && !session->stands_still)
            prepared_make(&session->checkpoint.prepared, &session->coordinator);
        if (ends(session) || begin_once(session, cause, request, &err) == 0)
            return;
        /* A process that ended meanwhile is no obstacle, and the end of the command no reason to warn. What waits to
         * be read when everybody is stopped has mostly been read a moment later. */
        if (err.code != ESRCH && (err.code != EINPROGRESS || tries >= UNREAD_TRIES))
            break;
        ckpt_info("no checkpoint: %s", err.message);
        coordinator_pump(&session->coordinator, ENDED_PAUSE_MS);
        if (ends(session))
            return;
    }
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
    if (!session->checkpoint.writing && !ends(session))
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
    timer_until(session, session->put_off_ms);
    return true;
}

static void checkpoint_start(struct session *session, enum manifest_cause cause)
{
    if (!put_off(session, cause))
        checkpoint_begin(session, cause);
}

/* ---- what leads to one ---- */

static void timer_ready(struct coordinator *coordinator, struct watch *watch)
{
    uint64_t count;

    if (read(watch->fd, &count, sizeof(count)) > 0)
        schedule_follow(session_of(coordinator));
}

/* One at a time; the next is looked for when this one has been answered. */
void request_serve(struct session *session)
{
    if (session->checkpoint.writing || session->beginning || ends(session))
        return;
    if (session->stay_wanted) {
        checkpoint_start(session, MANIFEST_SIGNAL);
        return;
    }
    if (request_next(session->store, session->request) != 1)
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
    struct memory_look look = memory_watch_look(&session->memory, session->options.memory, now, 0);
    timer_set(watch->fd, look.wait_ms);
    if (!look.pressed || session->checkpoint.writing || session->beginning || ends(session) ||
        !schedule_is_ripe(&session->schedule, now))
        return;
    ckpt_info("%llu MiB of %llu MiB are in use", (unsigned long long)(look.used >> 20),
              (unsigned long long)(session->memory.limit >> 20));
    session->memory.armed = false;
    checkpoint_start(session, MANIFEST_MEMORY);
}

static void requests_ready(struct coordinator *coordinator, struct watch *watch)
{
    char events[4096];

    (void)coordinator;
    while (read(watch->fd, events, sizeof(events)) > 0)
        ;
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
    if (options->memory > 0)
        memory_watch_open(&session->memory);
    if (session->memory.usage >= 0)
        timer_set(session->memory_timer.fd, 1);
    schedule_follow(session);
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
    session->requests =
        (struct watch){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .ready = requests_ready};
    session->checkpoint.done.ready = done_ready;
    session->memory_timer = (struct watch){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = memory_ready};
    if (session->timer.fd < 0 || session->memory_timer.fd < 0)
        return ckpt_error_errno(err, "make a timer");
    int error = request_prepare(session->store, err);
    if (error == 0)
        error = coordinator_watch(coordinator, &session->memory_timer, err);
    if (error == 0)
        error = coordinator_watch(coordinator, &session->timer, err);
    if (error == 0 && session->requests.fd >= 0) {
        char path[4200];
        snprintf(path, sizeof(path), "%s/requests", session->store->path);
        inotify_add_watch(session->requests.fd, path, IN_MOVED_TO | IN_CREATE);
        error = coordinator_watch(coordinator, &session->requests, err);
    }
    if (error == 0)
        error = checkpoint_open(&session->checkpoint, err);
    return error;
}
