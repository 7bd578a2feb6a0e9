/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_SESSION_H
#define CKPT_SUPERVISOR_SESSION_H

/* One incarnation of a task while it runs: the tree, its coordinator, its output, and when checkpoints are taken. */

#include "supervisor/checkpoint.h"
#include "supervisor/memory_watch.h"
#include "supervisor/restart.h"
#include "supervisor/run_options.h"
#include "supervisor/schedule.h"
#include "supervisor/supervisor.h"
#include "supervisor/terminal.h"
#include "supervisor/way.h"

#include <signal.h>
#include <stddef.h>

struct session {
    struct run_options options;
    struct store *store;
    struct task task;
    struct status status;
    struct namespaces_means means;
    struct way way; /* of a restart */
    struct coordinator coordinator;
    struct output output;
    struct terminal terminal;
    struct checkpoint checkpoint;
    struct watch signals, timer, root;
    /* A process whose end makes the next checkpoint worth trying; fd 0: none. */
    struct watch obstacle;
    uint64_t attempted_ms; /* when the last checkpoint was tried */
    sigset_t mask_before;
    bool variables_due; /* are written with the first image: only a restart asks for them */
    /* When the status that nobody has been told of is written; 0: it has been. */
    uint64_t status_due_ms;
    bool is_new;               /* the store tells of no incarnation before */
    double run_seconds_before; /* by earlier incarnations, up to the generation restarted from */
    uint64_t started_ms;
    struct schedule schedule;
    struct memory_watch memory;
    struct watch memory_timer;
    uint64_t kills_before; /* memory_watch_kills() when the last checkpoint was tried */
    bool beginning;        /* a checkpoint is: no other is */
    bool busy; /* the tree is being parked or captured: nothing else is done meanwhile */
    uint64_t waiting_signals;    /* by bit: that came then, or before the tree runs */
    bool stands_still;           /* until the image that is being written is complete */
    uint64_t interval_told;      /* to the log, in seconds */
    uint64_t wait_told;          /* to the log: the interval that began then */
    bool told_grace, told_limit; /* that the time will be too short */
    enum manifest_cause cause;   /* of the checkpoint under way */
    struct caller *callers;      /* calls.c: what processes of the tree have asked for */
    bool stay_wanted;            /* a checkpoint for a signal that a member has got */
    uint64_t put_off_ms;         /* until when a checkpoint is held off by a process; 0: none is */
    enum manifest_cause put_off; /* its cause */
    char inner_request[CKPT_ID_SIZE]; /* the number of one that the tree has asked for */
    bool again; /* the last try failed for a reason that the next one will not meet */
    char request[CKPT_ID_SIZE]; /* being served, or "" */
    uint64_t requests_look_ms;  /* when they are looked for anyhow */
    bool warned;         /* the person at the terminal has been told why there is no checkpoint */
    bool live;           /* the tree runs */
    int stop_signal;     /* that ends the tree, or 0 */
    uint64_t stop_ms;    /* when it came */
    bool passed_on;      /* the task has got it */
    bool command_failed; /* it is the command itself that cannot be run */
    bool root_ended;
    int root_status; /* as wait(2) gives it */
};

/* The one that the coordinator belongs to. */
static inline struct session *session_of(struct coordinator *coordinator)
{
    return (struct session *)((char *)coordinator - offsetof(struct session, coordinator));
}

/* Whether a signal that ends the tree has come. */
static inline bool session_end_is_wanted(const struct session *session)
{
    return session->stop_signal != 0 ||
           (session->waiting_signals & session->options.signals.end) != 0;
}

/* Nothing is open yet. */
void session_init(struct session *session);
/* Everything but the tree; options are set. -EBUSY: somebody else runs the task. */
int session_open(struct session *session, enum run_mode mode, const char *cwd,
                 struct ckpt_error *err);
/* The working directory, which lies there now. */
int session_files_open(struct session *session, const char *directory, struct ckpt_error *err);
/* Also one that was opened in part. */
void session_close(struct session *session);

/* The command begins in cwd, which becomes the working directory of the task. */
int session_launch(struct session *session, const char *cwd, struct ckpt_error *err);
/* The latest usable generation, not above options.generation when that is set, goes on in cwd. What is in the way of one is
 * warned of and on record; -ENOENT when none was usable. */
int session_restart(struct session *session, enum run_mode mode, const char *cwd);

/* Signals, timer and requests become watches. */
int session_watch(struct session *session, struct ckpt_error *err);
/* Until the tree has ended, and session_end(). */
int session_loop(struct session *session);
/* After the root's end, or after that of a tree that was stopped; returns the exit status for our caller. */
int session_end(struct session *session);

/* The root's end, noticed by whoever notices it. */
void session_root_ended(struct session *session, int status);

#endif
