/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_COORDINATOR_H
#define CKPT_SUPERVISOR_COORDINATOR_H

/* One per tree: knows the checkpoint threads, speaks wire/wire.h with them, and runs the event loop that everything
 * in the supervisor hangs on. One thread; a callback may add and remove watches. */

#include "common/error.h"
#include "store/status.h"
#include "store/store.h"
#include "store/task.h"
#include "supervisor/mount_point.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct coordinator;

/* A descriptor in the event loop. */
struct watch {
    int fd;
    void (*ready)(struct coordinator *coordinator, struct watch *watch);
};

enum member_state {
    MEMBER_NEW,     /* connected, not known yet */
    MEMBER_RUNNING, /* its threads run */
    MEMBER_ASKED,   /* to quiesce */
    MEMBER_QUIESCED,
    MEMBER_ANSWERING, /* quiesced, and asked about its memory */
    MEMBER_SNAPPED,
    MEMBER_FAILED,   /* could not; reason says why */
    MEMBER_RESTORED, /* out of an image, not released yet */
};

/* One checkpoint thread, or one snapshot, at the other end of a connection. */
struct member {
    struct watch watch;
    struct member *next;
    pid_t outer; /* as this process sees it */
    pid_t inner; /* as it sees itself */
    enum wire_kind kind;
    enum member_state state;
    uint64_t checkpoint;                        /* of a snapshot: the one it was made for */
    int signal;                                 /* by which it is asked to park */
    unsigned filters;                           /* that it knows and can live with */
    bool stopped;                               /* by job control, and traced by us for now */
    int32_t stopped_children[WIRE_STOPPED_MAX]; /* inner, 0: no more */
    uint8_t child_stops[WIRE_STOPPED_MAX];      /* what it says of them, see wire.h */
    pid_t thread; /* as it sees itself: one that has all that is the process's */
    struct wire_process process;
    struct wire_memory memory; /* what it is asked, and its answer */
    char reason[128];
    bool holding; /* it has asked for no checkpoints */
};

enum tree_mode {
    TREE_CHILD,   /* the root is our child, we are its subreaper */
    TREE_CAPSULE, /* restarted, in namespaces of its own */
    TREE_BARE,    /* somebody else's; only the checkpoint threads tie it to us */
};

struct coordinator {
    struct store *store;
    struct task *task;
    struct status *status;
    int lease_fd;     /* given to every member */
    int variables_fd; /* given to every restored one, -1: nothing to give */
    enum tree_mode mode;
    pid_t root_outer, root_inner;
    pid_t capsule_outer;            /* the capsule's init, or 0 */
    struct mount_point mount_point; /* the capsule's */
    bool proc_is_hosts;             /* the capsule has no /proc of its own */
    pid_t stand_in;                 /* the capsule's stand-in for the supervisor, outer, or 0 */
    pid_t parent, session;          /* of the root, as the tree sees them */
    int64_t monotonic_shift_ns, boottime_shift_ns; /* the tree's clocks less ours */
    int epoll_fd;
    struct watch listener;
    struct member *members;
    struct tracee *tracees; /* stopped.c */
    uint64_t checkpoint;    /* number of the one under way or last */
    unsigned generation;    /* that it makes */
    bool final;             /* and the tree ends then */
    pid_t copy_lost;        /* inner: whose snapshot has ended before its time, or 0 */
    /* A member asks for something; may be called in the middle of a checkpoint. */
    void (*called)(struct coordinator *coordinator, struct member *member,
                   const struct wire_call *call);
    bool requests_told; /* there may be requests in the store that nobody has looked for */
    bool quiescing;     /* newcomers are asked at once */
    pid_t obstacle; /* outer: whose end lets a failed checkpoint succeed, as far as known, or 0 */
};

/* Listens on the socket named after the task's id. */
int coordinator_open(struct coordinator *coordinator, struct ckpt_error *err);
void coordinator_close(struct coordinator *coordinator);

/* The watch is borrowed until coordinator_unwatch(), which closes nothing. */
int coordinator_watch(struct coordinator *coordinator, struct watch *watch, struct ckpt_error *err);
/* For other events (EPOLLOUT) than that it can be read. */
int coordinator_watch_for(struct coordinator *coordinator, struct watch *watch, uint32_t events,
                          struct ckpt_error *err);
void coordinator_unwatch(struct coordinator *coordinator, struct watch *watch);
/* Handles what has happened; waits at most timeout_ms for it (-1: for ever). False: nothing has. */
bool coordinator_pump(struct coordinator *coordinator, int timeout_ms);

/* 0 or -errno: one that has gone, or does not read. */
int coordinator_tell(struct coordinator *coordinator, struct member *member, enum wire_type type);
int coordinator_answer(struct coordinator *coordinator, struct member *member,
                       const struct wire_answer *answer);
/* Every process that has reached one of the two states. */
void coordinator_tell_all(struct coordinator *coordinator, enum wire_type type);
/* NULL if there is none; of snapshots only those of the checkpoint under way count for the second. */
struct member *coordinator_member(struct coordinator *coordinator, pid_t outer,
                                  enum wire_kind kind);
struct member *coordinator_member_inner(struct coordinator *coordinator, pid_t inner,
                                        enum wire_kind kind);
size_t coordinator_count(const struct coordinator *coordinator, enum wire_kind kind,
                         enum member_state state);

#endif
