/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What happens while the tree runs: the timer and requests lead to checkpoints, a termination signal to a final one,
 * the end of the root to our own. */
#include "supervisor/session.h"

#include "common/clock.h"
#include "common/log.h"
#include "store/generation.h"
#include "store/request.h"
#include "supervisor/quiesce.h"
#include "supervisor/stopped.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENDED_TRIES       20
#define ENDED_PAUSE_MS    50
#define UNREAD_TRIES      5
#define REQUEST_POLL_MS   1000
#define RETRY_LONGEST_MS  30000
#define RETRY_SHORTEST_MS 1000

/* A process connects within milliseconds, one without the library never. */
#define LATECOMER_DEADLINE_MS 100
#define LATECOMER_RECHECK_MS  2
#define LATECOMER_LAST_MS     20 /* for one that was forked by a process just taking leave */

static struct session *current; /* the one that the watches belong to */

static double run_seconds(const struct session *session)
{
    return session->run_seconds_before +
           (double)(clock_monotonic_ms() - session->started_ms) / 1000;
}

static void status_save(struct session *session)
{
    struct ckpt_error err;

    if (status_write(session->store, &session->status, &err) < 0)
        ckpt_info("%s", err.message);
}

static void timer_arm(struct session *session, uint64_t delay_ms)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(delay_ms / 1000),
                     .tv_nsec = (long)(delay_ms % 1000) * 1000000},
    };

    timerfd_settime(session->timer.fd, 0, &when, NULL);
}

/* ---- the outcome of a checkpoint ---- */

static void request_answer(struct session *session, unsigned generation, const char *error)
{
    if (session->request[0] == 0)
        return;
    request_reply(session->store, session->request, generation, error, NULL);
    session->request[0] = 0;
}

/* Not more often than this, however often what is in the way goes and comes again. */
static void retry_soon(struct session *session)
{
    uint64_t since = clock_monotonic_ms() - session->attempted_ms;

    timer_arm(session, since < RETRY_SHORTEST_MS ? RETRY_SHORTEST_MS - since : 1);
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
    (void)coordinator;
    (void)watch;
    obstacle_forget(current);
    if (!current->checkpoint.writing)
        retry_soon(current);
}

/* The process that is in the way may end long before the time to try again has come. */
static void obstacle_watch(struct session *session)
{
    pid_t process = session->coordinator.obstacle;

    obstacle_forget(session);
    session->coordinator.obstacle = 0;
    if (process <= 0 || session->options.interval_ms == 0)
        return;
    session->obstacle =
        (struct watch){.fd = (int)syscall(SYS_pidfd_open, process, 0), .ready = obstacle_ready};
    if (session->obstacle.fd < 0 ||
        coordinator_watch(&session->coordinator, &session->obstacle, NULL) < 0)
        session->obstacle.fd = 0; /* then the timer has to do */
}

static void checkpoint_failed(struct session *session, const struct ckpt_error *err)
{
    uint64_t retry = session->options.interval_ms / 10;

    if (err->code == ECHILD) { /* nothing is wrong, and we are about to hear of the end */
        timer_arm(session, RETRY_SHORTEST_MS);
        return;
    }
    if (!session->warned && session->stop_signal == 0)
        ckpt_warn("no checkpoint: %s; the task runs on", err->message);
    session->warned = true;
    ckpt_info("no checkpoint: %s", err->message);
    status_set_failure(&session->status, err->message);
    status_save(session);
    request_answer(session, 0, err->message);
    if (retry > RETRY_LONGEST_MS)
        retry = RETRY_LONGEST_MS;
    if (session->options.interval_ms > 0)
        timer_arm(session, retry < RETRY_SHORTEST_MS ? RETRY_SHORTEST_MS : retry);
    obstacle_watch(session);
}

static void checkpoint_succeeded(struct session *session)
{
    struct checkpoint *checkpoint = &session->checkpoint;
    struct ckpt_error err;

    ckpt_info("generation %u: pause %.3f s, write %.3f s", checkpoint->generation,
              checkpoint->pause_seconds, checkpoint->write_seconds);
    obstacle_forget(session);
    session->status.generation = checkpoint->generation;
    status_set_failure(&session->status, NULL);
    status_save(session);
    if (generation_prune(session->store, session->options.keep, &err) < 0)
        ckpt_info("%s", err.message);
    request_answer(session, checkpoint->generation, NULL);
    timer_arm(session, session->options.interval_ms);
}

static void checkpoint_start(struct session *session, enum manifest_cause cause);

static void writing_ended(struct session *session)
{
    struct ckpt_error err = {0};

    int error = checkpoint_finish(&session->checkpoint, &err);
    if (error == -EAGAIN && !session->again && !session->root_ended && session->stop_signal == 0) {
        /* A file changed while it was copied: this time everything is copied during the pause. */
        ckpt_info("once more: %s", err.message);
        session->again = true;
        checkpoint_start(session, session->cause);
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
    (void)coordinator;
    (void)watch;
    writing_ended(current);
}

static void checkpoint_start(struct session *session, enum manifest_cause cause)
{
    struct ckpt_error err = {0};

    session->cause = cause;
    session->attempted_ms = clock_monotonic_ms();
    for (int tries = 0; tries < ENDED_TRIES; tries++) {
        const char *request = session->request[0] != 0 ? session->request : NULL;
        session->checkpoint.run_seconds = run_seconds(session);
        if (checkpoint_take(&session->checkpoint, cause, request, false, &err) == 0)
            return;
        /* A process that ended meanwhile is no obstacle, and the end of the command no reason to warn. What waits to
         * be read when everybody is stopped has mostly been read a moment later. */
        if (err.code != ESRCH && (err.code != EINPROGRESS || tries >= UNREAD_TRIES))
            break;
        ckpt_info("no checkpoint: %s", err.message);
        coordinator_pump(&session->coordinator, ENDED_PAUSE_MS);
        if (session->root_ended || session->stop_signal != 0)
            return;
    }
    checkpoint_failed(session, &err);
}

/* ---- what leads to one ---- */

static void timer_ready(struct coordinator *coordinator, struct watch *watch)
{
    uint64_t count;

    (void)coordinator;
    if (read(watch->fd, &count, sizeof(count)) < 0)
        return;
    if (!current->checkpoint.writing && !current->root_ended)
        checkpoint_start(current, MANIFEST_PERIODIC);
}

/* One at a time; the next is looked for when this one has been answered. */
static void request_serve(struct session *session)
{
    if (session->checkpoint.writing || session->root_ended || session->request[0] != 0 ||
        request_next(session->store, session->request) != 1) {
        if (!session->checkpoint.writing)
            session->request[0] = 0;
        return;
    }
    checkpoint_start(session, MANIFEST_REQUEST);
}

static void requests_ready(struct coordinator *coordinator, struct watch *watch)
{
    char events[4096];

    (void)coordinator;
    while (read(watch->fd, events, sizeof(events)) > 0)
        ;
}

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
        session_root_ended(current, status);
}

static void tree_forward(struct session *session, int number)
{
    struct coordinator *coordinator = &session->coordinator;

    if (coordinator->root_outer > 0)
        kill(coordinator->root_outer, number);
    timer_arm(session, 0);
}

/* The tree stays parked from the barrier to its end, so that the images are its last word. */
static void stop(struct session *session, int number)
{
    struct ckpt_error err = {0};
    uint64_t deadline = clock_monotonic_ms() + session->options.grace_ms;

    session->stop_signal = number;
    while (session->checkpoint.writing && clock_monotonic_ms() < deadline)
        coordinator_pump(&session->coordinator, 50);
    session->checkpoint.run_seconds = run_seconds(session);
    session->request[0] = 0;
    if (session->checkpoint.writing ||
        checkpoint_take(&session->checkpoint, MANIFEST_SIGNAL, NULL, true, &err) < 0) {
        ckpt_warn("no final checkpoint: %s; the task gets the signal",
                  session->checkpoint.writing ? "the last one is still being written"
                                              : err.message);
        tree_forward(session, number);
        return;
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

static void signals_ready(struct coordinator *coordinator, struct watch *watch)
{
    struct signalfd_siginfo info;

    while (read(watch->fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            children_reap(current);
        else if (info.ssi_signo == SIGWINCH)
            terminal_resized(&current->terminal);
        else if (info.ssi_signo == SIGCONT)
            terminal_refresh(&current->terminal, coordinator);
        else if (!current->live)
            current->early_signal = (int)info.ssi_signo;
        else if (current->stop_signal == 0 && !current->root_ended)
            stop(current, (int)info.ssi_signo);
        else if (!current->root_ended) /* the second time people mean it */
            tree_kill(&current->coordinator);
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
    const struct stream closed = {.watch.fd = -1, .write_end = -1, .record = -1};

    *session = (struct session){
        .coordinator = {.epoll_fd = -1, .listener.fd = -1, .lease_fd = -1, .variables_fd = -1},
        .output = {.out = closed, .err = closed, .echo = closed, .terminal = -1},
        .checkpoint = {.done.fd = -1, .files.root = -1},
        .root.fd = -1,
    };
    terminal_init(&session->terminal, &session->output);
}

int session_watch(struct session *session, struct ckpt_error *err)
{
    struct coordinator *coordinator = &session->coordinator;
    sigset_t set, job_control;

    current = session;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    signal_add(&set, SIGTERM);
    signal_add(&set, SIGINT);
    signal_add(&set, SIGHUP);
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
    session->timer = (struct watch){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = timer_ready};
    session->requests =
        (struct watch){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .ready = requests_ready};
    session->checkpoint.done.ready = done_ready;
    if (session->signals.fd < 0 || session->timer.fd < 0)
        return ckpt_error_errno(err, "make the descriptors of the event loop");
    int error = request_prepare(session->store, err);
    if (error == 0)
        error = coordinator_watch(coordinator, &session->signals, err);
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

/* After the root's end others may still be writing: their output counts, for a while. */
static void output_finish(struct session *session)
{
    uint64_t deadline = clock_monotonic_ms() + session->options.grace_ms;

    output_drain(&session->output, &session->coordinator);
    while (!output_ended(&session->output) && clock_monotonic_ms() < deadline &&
           session->stop_signal == 0)
        coordinator_pump(&session->coordinator, 50);
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
    bool all = false, nobody = false;

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

int session_loop(struct session *session)
{
    session->started_ms = clock_monotonic_ms();
    session->live = true;
    if (session->coordinator.mode != TREE_CHILD) {
        session->root.ready = root_ready;
        if (coordinator_watch(&session->coordinator, &session->root, NULL) < 0)
            ckpt_info("cannot watch the root");
    }
    timer_arm(session, session->options.interval_ms);
    terminal_start(&session->terminal, &session->coordinator,
                   session->coordinator.mode == TREE_CAPSULE);
    children_reap(session); /* it may have ended before we were ready to hear of it */
    if (session->early_signal != 0 && !session->root_ended)
        stop(session, session->early_signal);
    while (!session->root_ended) {
        request_serve(session);
        terminal_refresh(&session->terminal, &session->coordinator);
        coordinator_pump(&session->coordinator, REQUEST_POLL_MS);
    }
    if (session->checkpoint.writing)
        writing_ended(session);
    output_finish(session);
    if (session->request[0] != 0 || request_next(session->store, session->request) == 1)
        request_answer(session, 0, "the task has ended");
    tree_leave(session);
    int status = session->status.state == STATUS_STOPPED ? 128 + session->stop_signal
                                                         : exit_status(session->root_status);
    if (session->status.state == STATUS_RUNNING)
        session->status.state = STATUS_ENDED;
    session->status.has_exit_status = session->coordinator.mode != TREE_BARE;
    session->status.exit_status = status;
    if (session->status.has_exit_status && session->status.state == STATUS_ENDED && status == 0) {
        generation_remove_all(session->store, NULL);
        unlinkat(session->store->dirfd, NOTES_NAME, 0);
        unlinkat(session->store->dirfd, NUMBERS_NAME, 0);
        session->status.generation = 0;
    }
    status_save(session);
    return status;
}

int session_files_open(struct session *session, const char *directory, struct ckpt_error *err)
{
    struct files *files = &session->checkpoint.files;

    session->checkpoint.max_size = session->options.max_size;
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
    terminal_leave(&session->terminal);
    output_close(&session->output);
    coordinator_close(&session->coordinator);
    task_free(&session->task);
    status_free(&session->status);
    store_close(session->store);
}
