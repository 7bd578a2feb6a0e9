/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_STATUS_H
#define CKPT_STORE_STATUS_H

/* DIR/status.json: how it goes. */

#include "common/clock.h"
#include "common/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct json_object;

enum status_state {
    STATUS_RUNNING,
    STATUS_ENDED,  /* CMD ended by itself */
    STATUS_STOPPED /* after a final checkpoint */
};

struct status_restart {
    char *time;
    unsigned generation;
    double run_seconds;
};

/* A generation that this incarnation could not go on from. */
struct status_refusal {
    unsigned generation; /* 0: no restart was possible at all */
    char *reason;
};

/* When checkpoints are taken, as far as it is known by now. */
struct status_plan {
    bool known;                  /* else nothing is said of it */
    bool automatic;              /* the interval follows from cost and mtbf */
    double interval_seconds;     /* 0: no periodic ones */
    double mtbf_seconds;         /* mean time between failures */
    double cost_seconds;         /* of a checkpoint, pause and writing */
    bool cost_is_measured;       /* else expected of the tree's size */
    double min_runtime_seconds;  /* of the task, before which there is none */
    char limit[CLOCK_TEXT_SIZE]; /* when the task will be ended, or "" */
    double lead_seconds;         /* how long before that the last image is begun */
};

/* Every pointer is owned by the struct. */
struct status {
    enum status_state state;
    char *host;
    pid_t pid;
    char *started;
    unsigned generation; /* the latest complete one, 0 for none */
    struct status_restart *restarts;
    size_t restart_count;
    struct status_refusal *refusals;
    size_t refusal_count;
    char *failure_time; /* NULL: no failure */
    char *failure_reason;
    char **warnings;
    size_t warning_count;
    struct status_plan plan;
    uint64_t oom_kills; /* processes that the kernel has ended for want of memory */
    bool by_lease;      /* there is no document yet: the task has just begun. Not in it */
    bool has_exit_status;
    int exit_status;
};

/* Running, this host and process, now. */
int status_init(struct status *ret, struct ckpt_error *err);

/* The parts of a status that go over to a new incarnation: its restarts stay, everything else is
 * as after init. */
int status_renew(struct status *status, struct ckpt_error *err);

/* These return 0 or -ENOMEM. */
int status_add_restart(struct status *status, unsigned generation, double run_seconds);
int status_add_refusal(struct status *status, unsigned generation, const char *reason);
int status_set_failure(struct status *status, const char *reason); /* NULL: no failure any more */
int status_add_warning(struct status *status,
                       const char *text); /* said once, however often added */

/* -ENOENT: none has been written. -EBADMSG: damaged. */
int status_read(struct store *store, struct status *ret, struct ckpt_error *err);
/* For others than the supervisor: of an incarnation that has not written one yet its lease tells. */
int status_look(struct store *store, struct status *ret, struct ckpt_error *err);
int status_write(struct store *store, const struct status *status, struct ckpt_error *err);

/* Releases what the struct owns, not the struct; fine on a zeroed one, and twice. */
void status_free(struct status *status);
/* As if nothing had run there yet. */
void status_remove(const struct store *store);

const char *status_state_name(enum status_state state);

/* The caller puts the object. NULL when memory is short. */
struct json_object *status_to_json(const struct status *status);

#endif
