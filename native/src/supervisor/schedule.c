/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * When a checkpoint is due: after the interval, less some jitter, so that the tasks of a cluster that were started
 * together do not write together; once more ahead of a time limit; never before the task has run for its least time,
 * and never when less work would be saved than the checkpoint costs. The cost is pause and writing: the tree runs while
 * it is written, but the image counts only afterwards. */
#include "supervisor/schedule.h"

#include <math.h>

/* Before the first checkpoint: what a slow disk writes, and what the smallest takes. */
#define GUESS_BYTES_PER_MS (200.0 * 1024 * 1024 / 1000)
#define GUESS_LEAST_MS     50.0

/* The lead before a time limit: twice the cost, and this part of the whole time, within bounds. */
#define MARGIN_PART     20
#define MARGIN_LEAST_MS 200
#define MARGIN_MOST_MS  30000

/* The tree grows, and with it the lead: so often it is looked at. */
#define LOOK_AGAIN_MS 10000

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* splitmix64: good enough, and the same everywhere. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static void wait_from(struct schedule *schedule, uint64_t now_ms)
{
    schedule->waits_from_ms = now_ms;
    schedule->due_ms = 0;
    schedule->shorter_by = random_next(&schedule->random) % (schedule->spec.jitter * 10ULL + 1);
}

void schedule_begin(struct schedule *schedule, const struct schedule_spec *spec, uint64_t now_ms,
                    uint64_t run_before_ms)
{
    double cost = schedule->cost_ms;
    uint64_t resident = schedule->cost_resident;

    *schedule = (struct schedule){.spec = *spec,
                                  .began_ms = now_ms,
                                  .run_before_ms = run_before_ms,
                                  .saved_ms = now_ms,
                                  .random = spec->seed,
                                  .cost_ms = cost > 0 ? cost : -1,
                                  .cost_resident = resident};
    wait_from(schedule, now_ms);
}

void schedule_cost(struct schedule *schedule, double cost_ms, uint64_t resident)
{
    schedule->cost_ms = cost_ms;
    schedule->cost_resident = resident;
}

double schedule_cost_expected(const struct schedule *schedule, uint64_t resident)
{
    if (schedule->cost_ms < 0)
        return GUESS_LEAST_MS + (double)resident / GUESS_BYTES_PER_MS;
    if (schedule->cost_resident == 0 || resident <= schedule->cost_resident)
        return schedule->cost_ms;
    return schedule->cost_ms * ((double)resident / (double)schedule->cost_resident);
}

/* J. T. Daly, A higher order estimate of the optimum checkpoint interval for restart dumps, 2006, equation 37. */
static double daly(double cost, double mtbf)
{
    if (cost >= 2 * mtbf)
        return mtbf;
    double part = cost / (2 * mtbf);
    return sqrt(2 * cost * mtbf) * (1 + sqrt(part) / 3 + part / 9) - cost;
}

uint64_t schedule_interval(const struct schedule *schedule, uint64_t resident)
{
    if (!schedule->spec.automatic)
        return schedule->spec.interval_ms;
    double cost = schedule_cost_expected(schedule, resident);
    double interval = daly(cost, (double)schedule->spec.mtbf_ms);
    interval = fmax(interval, fmax(SCHEDULE_SHORTEST_MS, cost * SCHEDULE_LEAST_WORTH));
    return (uint64_t)fmin(interval, fmax(SCHEDULE_LONGEST_MS, cost * SCHEDULE_LEAST_WORTH));
}

uint64_t schedule_lead(const struct schedule *schedule, uint64_t resident)
{
    uint64_t whole = schedule->spec.limit_ms - schedule->began_ms;
    uint64_t margin = least(most(whole / MARGIN_PART, MARGIN_LEAST_MS), MARGIN_MOST_MS);

    return (uint64_t)(2 * schedule_cost_expected(schedule, resident)) + margin;
}

static uint64_t ripe_ms(const struct schedule *schedule)
{
    uint64_t before = least(schedule->run_before_ms, schedule->spec.min_runtime_ms);

    return schedule->began_ms + schedule->spec.min_runtime_ms - before;
}

bool schedule_is_ripe(const struct schedule *schedule, uint64_t now_ms)
{
    return now_ms >= ripe_ms(schedule);
}

/* When the periodic one is due, 0: never. */
static uint64_t periodic_ms(const struct schedule *schedule, uint64_t resident)
{
    uint64_t interval = schedule_interval(schedule, resident);

    if (interval == 0 && schedule->due_ms == 0)
        return 0;
    uint64_t due = schedule->due_ms;
    if (due == 0)
        due = schedule->waits_from_ms + interval - interval * schedule->shorter_by / 1000;
    uint64_t worth = schedule->saved_ms + (uint64_t)schedule_cost_expected(schedule, resident);
    return most(most(due, ripe_ms(schedule)), worth);
}

/* When the one before the time limit is, 0: never. Not when what it would save is less than what it costs. */
static uint64_t last_ms(const struct schedule *schedule, uint64_t resident)
{
    uint64_t lead = schedule_lead(schedule, resident), limit = schedule->spec.limit_ms;

    if (limit == 0 || schedule->limit_served)
        return 0;
    uint64_t due = most(limit > lead ? limit - lead : 1, ripe_ms(schedule));
    due = most(due, schedule->saved_ms + (uint64_t)schedule_cost_expected(schedule, resident));
    due = most(due, schedule->due_ms); /* it has been tried */
    return due < limit ? due : 0;
}

struct schedule_step schedule_look(const struct schedule *schedule, uint64_t now_ms,
                                   uint64_t resident)
{
    struct schedule_step step = {.due = SCHEDULE_NOTHING};
    uint64_t periodic = periodic_ms(schedule, resident), last = last_ms(schedule, resident);
    uint64_t next = periodic == 0 ? last : last == 0 ? periodic : least(periodic, last);

    if (last != 0 && now_ms >= last)
        step.due = SCHEDULE_LIMIT;
    else if (periodic != 0 && now_ms >= periodic)
        step.due = SCHEDULE_PERIODIC;
    else if (next != 0)
        step.wait_ms = schedule->spec.automatic || last != 0 ? least(next - now_ms, LOOK_AGAIN_MS)
                                                             : next - now_ms;
    return step;
}

void schedule_taken(struct schedule *schedule, enum schedule_due due, uint64_t barrier_ms,
                    uint64_t now_ms, double cost_ms, uint64_t resident)
{
    schedule->saved_ms = barrier_ms;
    schedule_cost(schedule, cost_ms, resident);
    schedule->limit_served |= due == SCHEDULE_LIMIT;
    wait_from(schedule, now_ms);
}

void schedule_again(struct schedule *schedule, uint64_t when_ms)
{
    schedule->due_ms = when_ms;
}
