/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_SCHEDULE_H
#define CKPT_SUPERVISOR_SCHEDULE_H

/* When a checkpoint is due. Pure: the caller brings the time (milliseconds of any clock that only goes forward) and
 * the size of the tree, and is told what to do and when to ask again. */

#include <stdbool.h>
#include <stdint.h>

struct schedule_spec {
    uint64_t interval_ms;    /* 0: no periodic ones, unless automatic */
    bool automatic;          /* the interval follows from the cost and mtbf_ms */
    uint64_t mtbf_ms;        /* mean time between failures */
    unsigned jitter;         /* percent by which a wait may be shorter */
    uint64_t min_runtime_ms; /* of the task, over all incarnations */
    uint64_t limit_ms;       /* when the task will be ended, on the caller's clock; 0: never */
    uint64_t seed;           /* of the jitter */
};

/* The automatic interval is never outside of these, nor shorter than so many times the cost. */
#define SCHEDULE_SHORTEST_MS 5000
#define SCHEDULE_LONGEST_MS  (60 * 60 * 1000)
#define SCHEDULE_LEAST_WORTH 10

enum schedule_due {
    SCHEDULE_NOTHING,
    SCHEDULE_PERIODIC,
    SCHEDULE_LIMIT, /* the last chance before the time limit */
};

struct schedule {
    struct schedule_spec spec;
    uint64_t began_ms;      /* of this incarnation */
    uint64_t run_before_ms; /* by earlier ones */
    uint64_t saved_ms; /* up to when the work is in an image: the last barrier, or the beginning */
    uint64_t waits_from_ms; /* the interval counts from here */
    uint64_t shorter_by;    /* this wait, in permille of the interval */
    uint64_t due_ms;        /* not 0: then, whatever the interval says */
    bool limit_served;      /* the image before the time limit has been taken */
    uint64_t random;
    double cost_ms;         /* of the last checkpoint, pause and writing; negative: none yet */
    uint64_t cost_resident; /* what was in memory then, in bytes */
};

struct schedule_step {
    enum schedule_due due;
    uint64_t wait_ms; /* until the next question; 0: no need to */
};

/* run_before_ms: what earlier incarnations have run, up to the generation that this one began with. */
void schedule_begin(struct schedule *schedule, const struct schedule_spec *spec, uint64_t now_ms,
                    uint64_t run_before_ms);
/* What an earlier incarnation has measured. */
void schedule_cost(struct schedule *schedule, double cost_ms, uint64_t resident);
struct schedule_step schedule_look(const struct schedule *schedule, uint64_t now_ms,
                                   uint64_t resident);
/* A checkpoint is complete, whatever led to it; barrier_ms is when the tree stood still. */
void schedule_taken(struct schedule *schedule, enum schedule_due due, uint64_t barrier_ms,
                    uint64_t now_ms, double cost_ms, uint64_t resident);
/* One could not be taken, or is about to be possible: the next is due then. */
void schedule_again(struct schedule *schedule, uint64_t when_ms);

/* What a checkpoint of a tree of that size will take, in ms: measured, else guessed. */
double schedule_cost_expected(const struct schedule *schedule, uint64_t resident);
/* In force for a tree of that size; 0: none. */
uint64_t schedule_interval(const struct schedule *schedule, uint64_t resident);
/* How long before the time limit the last image is begun. */
uint64_t schedule_lead(const struct schedule *schedule, uint64_t resident);
/* Whether the task has run long enough for a checkpoint to be worth while. */
bool schedule_is_ripe(const struct schedule *schedule, uint64_t now_ms);

#endif
