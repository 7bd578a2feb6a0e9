/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The event loop around the tree, and its ends: a termination signal leads to a final checkpoint, the end of the root
 * to our own. What leads to the other checkpoints is in triggers.c. */
#include "supervisor/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "proc/process_tree.h"
#include "store/generation.h"
#include "store/remove.h"
#include "store/request.h"
#include "supervisor/attempt.h"
#include "supervisor/calls.h"
#include "supervisor/exit_codes.h"
#include "supervisor/quiesce.h"
#include "supervisor/stopped.h"
#include "supervisor/triggers.h"
#include "supervisor/warning.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_POLL_MS 1000
#define IMPATIENCE_MS   300

/* A process connects within milliseconds, one without the library never. */
#define LATECOMER_DEADLINE_MS 100
#define LATECOMER_RECHECK_MS  2
#define LATECOMER_LAST_MS     20 /* for one that was forked by a process just taking leave */

/* ---- ends ---- */

void session_root_ended(struct session *session, int status)
{
    session->root_ended = true;
    session->root_status = status;
}

static void children_reap(struct session *session)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (stopped_event(&session->coordinator, pid, status))
            continue;
        if (session->coordinator.mode == TREE_CHILD && pid == session->coordinator.root_outer)
            session_root_ended(session, status);
        if (pid == session->coordinator.capsule_outer) {
            session->coordinator.capsule_outer = 0;
            if (session->live && !session->root_ended) {
                /* Without a word it was killed from outside, with all that was in it. */
                int last = restart_root_status(session->root.fd);
                session_root_ended(session, last >= 0 ? last : SIGKILL);
            }
        }
    }
}

static void root_ready(struct coordinator *coordinator, struct watch *watch)
{
    /* In the bare form the descriptor is a pidfd, and only the parent learns the status. */
    int status = coordinator->mode == TREE_BARE ? 0 : restart_root_status(watch->fd);

    coordinator_unwatch(coordinator, watch);
    if (status >= 0)
        session_root_ended(session_of(coordinator), status);
}

static void tree_forward(struct session *session, int number)
{
    struct coordinator *coordinator = &session->coordinator;

    if (coordinator->root_outer > 0)
        kill(coordinator->root_outer, number);
}

/* The task does with the signal what it would without us. */
static void pass_on(struct session *session, int number, const char *reason)
{
    ckpt_warn("no final checkpoint: %s; the task gets the signal", reason);
    session->passed_on = true;
    calls_signals_deliver(session, false);
    tree_forward(session, number);
}

/* The tree stays parked from the barrier to its end, so that the images are its last word. */
static void stop(struct session *session, int number)
{
    struct ckpt_error err = {0};
    char reason[128];
    uint64_t deadline = clock_monotonic_ms() + session->options.grace_ms;

    session->stop_signal = number;
    session->stop_ms = clock_monotonic_ms();
    triggers_end(session);
    while (session->checkpoint.writing && clock_monotonic_ms() < deadline)
        coordinator_pump(&session->coordinator, 50);
    if (session->checkpoint.writing) {
        pass_on(session, number, "the last one is still being written");
        return;
    }
    if (!schedule_is_ripe(&session->schedule, clock_monotonic_ms())) {
        snprintf(reason, sizeof(reason), "the task has run for less than %s",
                 run_options_name(&session->options, "--min-runtime"));
        pass_on(session, number, reason);
        return;
    }
    while (calls_hold(session) &&
           clock_monotonic_ms() < session->stop_ms + session->options.grace_ms / 2 &&
           !session->root_ended)
        coordinator_pump(&session->coordinator, 50);
    session->checkpoint.run_seconds = run_seconds(session);
    session->request[0] = 0;
    session->coordinator.final = true;
    if (image_prepare(session, &err) < 0) {
        pass_on(session, number, err.message);
        return;
    }
    session->attempted_ms = clock_monotonic_ms();
    session->checkpoint.half_read_too = false;
    for (int tries = 0;
         checkpoint_take(&session->checkpoint, MANIFEST_SIGNAL, NULL, true, &err) < 0; tries++) {
        if (session->root_ended || clock_monotonic_ms() >= deadline ||
            !obstacle_passes(session, &err, tries)) {
            pass_on(session, number, err.message);
            return;
        }
    }
    while (session->checkpoint.writing && clock_monotonic_ms() < deadline)
        coordinator_pump(&session->coordinator, 50);
    if (session->checkpoint.writing)
        ckpt_warn("the final checkpoint was not complete within the grace time");
    output_drain(&session->output, &session->coordinator);
    tree_kill(&session->coordinator);
    session->coordinator.capsule_outer = 0;
    session->root_ended = true;
    session->status.state = STATUS_STOPPED;
}

/* Two of them by hand are meant; batch systems and engines may each send theirs. */
static bool is_impatience(const struct session *session, int number)
{
    return number == SIGINT && session->stop_signal == SIGINT &&
           clock_monotonic_ms() > session->stop_ms + IMPATIENCE_MS;
}

static void signal_from_outside(struct session *session, int number)
{
    const struct signal_plan *plan = &session->options.signals;

    if (!session->live)
        session->early_signal = number;
    else if (session->busy || session->root_ended) /* the latter: nobody is to be waited for */
        session->late_signal = session->late_signal == 0 ? number : session->late_signal;
    else if ((plan->end & SIGNAL_BIT(number)) == 0 && (plan->stay & SIGNAL_BIT(number)) == 0)
        tree_forward(session, number);
    else if ((plan->stay & SIGNAL_BIT(number)) != 0)
        session->stay_wanted = true; /* the event loop sees to it */
    else if (session->stop_signal == 0)
        stop(session, number);
    else if (session->passed_on)
        tree_forward(session, number);
    else if (is_impatience(session, number))
        tree_kill(&session->coordinator);
}

static void signals_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct session *session = session_of(coordinator);
    struct signalfd_siginfo info;

    while (read(watch->fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            children_reap(session);
        else if (info.ssi_signo == SIGWINCH)
            terminal_resized(&session->terminal);
        else if (info.ssi_signo == SIGCONT)
            terminal_refresh(&session->terminal, coordinator);
        else
            signal_from_outside(session, (int)info.ssi_signo);
    }
}

/* A signal that was ignored when we were started (nohup, a background job) stays ignored. */
static void signal_add(sigset_t *set, int number)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(set, number);
}

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

int session_watch(struct session *session, struct ckpt_error *err)
{
    struct coordinator *coordinator = &session->coordinator;
    sigset_t set, job_control;

    calls_open(session);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (int number = 1; number <= SIGRTMAX; number++) {
        const struct signal_plan *plan = &session->options.signals;
        if (((plan->end | plan->stay | plan->pass) & SIGNAL_BIT(number)) != 0)
            signal_add(&set, number);
    }
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGCONT);
    sigprocmask(SIG_BLOCK, &set, &session->mask_before);
    /* Blocked, so that we may write to our terminal and set it up from the background. */
    sigemptyset(&job_control);
    sigaddset(&job_control, SIGTTIN);
    sigaddset(&job_control, SIGTTOU);
    sigprocmask(SIG_BLOCK, &job_control, NULL);
    signal(SIGPIPE, SIG_IGN);
    session->signals = (struct watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                                      .ready = signals_ready};
    if (session->signals.fd < 0)
        return ckpt_error_errno(err, "make the descriptors of the event loop");
    int error = coordinator_watch(coordinator, &session->signals, err);
    return error == 0 ? triggers_open(session, err) : error;
}

/* After the root's end others may still be writing: their output counts, for a while. What is due to a reader is waited
 * for as the task itself would, until somebody ends us. */
static void output_finish(struct session *session)
{
    uint64_t deadline = clock_monotonic_ms() + session->options.grace_ms;

    output_drain(&session->output, &session->coordinator);
    for (;;) {
        bool is_late = clock_monotonic_ms() >= deadline, is_due = output_is_due(&session->output);
        bool is_ended = session->stop_signal != 0 || session->late_signal != 0;
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
static void end_well(struct session *session)
{
    struct ckpt_error err = {0};

    if (!is_worth_a_store(session, &session->status)) {
        if (store_remove_held(session->store, &err) == 0)
            return;
        ckpt_info("%s", err.message);
    }
    generation_remove_all(session->store, NULL);
    unlinkat(session->store->dirfd, NOTES_NAME, 0);
    unlinkat(session->store->dirfd, NUMBERS_NAME, 0);
    session->status.generation = 0;
    status_save(session);
}

int session_loop(struct session *session)
{
    session->live = true;
    if (session->coordinator.mode != TREE_CHILD) {
        session->root.ready = root_ready;
        if (coordinator_watch(&session->coordinator, &session->root, NULL) < 0)
            ckpt_info("cannot watch the root");
    }
    triggers_begin(session);
    terminal_start(&session->terminal, &session->coordinator,
                   session->coordinator.mode == TREE_CAPSULE);
    children_reap(session); /* it may have ended before we were ready to hear of it */
    if (session->early_signal != 0 && !session->root_ended)
        stop(session, session->early_signal);
    while (!session->root_ended) {
        int late = session->late_signal;
        session->late_signal = 0;
        if (late != 0)
            signal_from_outside(session, late);
        store_lease_touch(session->store, session->coordinator.lease_fd);
        request_serve(session);
        terminal_refresh(&session->terminal, &session->coordinator);
        coordinator_pump(&session->coordinator, REQUEST_POLL_MS);
        if (session->status_due_ms != 0 && clock_monotonic_ms() >= session->status_due_ms) {
            status_save(session);
            notes_keep(session->store->dirfd);
        }
    }
    if (session->checkpoint.writing)
        writing_ended(session);
    output_finish(session);
    if (session->request[0] != 0 || request_next(session->store, session->request) == 1)
        request_answer(session, 0, "the task has ended");
    tree_leave(session);
    int status = session->status.state == STATUS_STOPPED ? 128 + session->stop_signal
                                                         : exit_status(session->root_status);
    if (session->status.state == STATUS_RUNNING && session->way.results[0] != 0)
        status = results_hand_over(session, status);
    if (session->status.state == STATUS_RUNNING)
        session->status.state = STATUS_ENDED;
    session->status.has_exit_status = session->coordinator.mode != TREE_BARE;
    session->status.exit_status = status;
    session->status.oom_kills = memory_watch_kills(&session->memory);
    if (session->status.has_exit_status && session->status.state == STATUS_ENDED && status == 0)
        end_well(session);
    else
        status_save(session);
    return status;
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
