/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The event loop around the tree: until the root has ended, by itself or because a signal from outside has led to a final
 * checkpoint. What leads to the other checkpoints is in triggers.c, what follows the end in session_end.c. */
#include "supervisor/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "store/request.h"
#include "supervisor/attempt.h"
#include "supervisor/calls.h"
#include "supervisor/quiesce.h"
#include "supervisor/room.h"
#include "supervisor/stopped.h"
#include "supervisor/triggers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_POLL_MS 1000
#define IMPATIENCE_MS   300

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
        room_tell(session, &err);
        pass_on(session, number, err.message);
        return;
    }
    session->attempted_ms = clock_monotonic_ms();
    session->checkpoint.half_read_too = false;
    for (int tries = 0;
         checkpoint_take(&session->checkpoint, MANIFEST_SIGNAL, NULL, true, &err) < 0; tries++) {
        if (session->root_ended || clock_monotonic_ms() >= deadline ||
            !obstacle_passes(session, &err, tries)) {
            room_tell(session, &err);
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

    if (!session->live || session->busy || session->root_ended) /* the latter: for session_end() */
        session->waiting_signals |= SIGNAL_BIT(number);
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

static void waiting_signals_deal(struct session *session)
{
    uint64_t waiting = session->waiting_signals;

    session->waiting_signals = 0;
    for (int number = 1; number <= SIGRTMAX; number++) {
        if ((waiting & SIGNAL_BIT(number)) != 0)
            signal_from_outside(session, number);
    }
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

int session_watch(struct session *session, struct ckpt_error *err)
{
    struct coordinator *coordinator = &session->coordinator;
    sigset_t set, ours;

    calls_open(session);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (int number = 1; number <= SIGRTMAX; number++) {
        const struct signal_plan *plan = &session->options.signals;
        if (((plan->end | plan->stay | plan->pass) & SIGNAL_BIT(number)) != 0 &&
            number != session->options.signal)
            signal_add(&set, number);
    }
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGCONT);
    sigprocmask(SIG_BLOCK, &set, &session->mask_before);
    /* Blocked, so that we may write to our terminal and set it up from the background, and so that a reader who has gone
     * and a limit on the size of files are errors of the write. Not ignored: the command would inherit that. */
    sigemptyset(&ours);
    sigaddset(&ours, SIGTTIN);
    sigaddset(&ours, SIGTTOU);
    sigaddset(&ours, SIGPIPE);
    sigaddset(&ours, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    session->signals = (struct watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                                      .ready = signals_ready};
    if (session->signals.fd < 0)
        return ckpt_error_errno(err, "make the descriptors of the event loop");
    int error = coordinator_watch(coordinator, &session->signals, err);
    return error == 0 ? triggers_open(session, err) : error;
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
    while (!session->root_ended) {
        waiting_signals_deal(session);
        if (session->root_ended)
            break;
        store_lease_touch(session->store, session->coordinator.lease_fd);
        request_serve(session);
        terminal_refresh(&session->terminal, &session->coordinator);
        coordinator_pump(&session->coordinator, REQUEST_POLL_MS);
        if (session->status_due_ms != 0 && clock_monotonic_ms() >= session->status_due_ms) {
            status_save(session);
            notes_keep(session->store->dirfd);
        }
    }
    return session_end(session);
}
