/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What people are told of the schedule, in the log, in warnings and in status.json. */
#include "supervisor/plan.h"

#include "common/clock.h"
#include "common/log.h"
#include "supervisor/warning.h"

void plan_note(struct session *session, uint64_t bytes)
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

void windows_check(struct session *session, uint64_t bytes)
{
    const struct schedule *schedule = &session->schedule;
    double cost = schedule_cost_expected(schedule, bytes);
    uint64_t now = clock_monotonic_ms(), limit = schedule->spec.limit_ms;

    if (cost > (double)session->options.grace_ms && !session->told_grace) {
        session->told_grace = true;
        warn_on_record(&session->status,
                       "a final image of %llu MiB takes about %.1f s, %s allows %.1f s: the "
                       "one before it will have to serve",
                       (unsigned long long)(bytes >> 20), cost / 1000,
                       run_options_name(&session->options, "--grace"),
                       (double)session->options.grace_ms / 1000);
    }
    if (now < limit && session->status.generation == 0 && (double)limit - cost < (double)now &&
        !session->told_limit) {
        session->told_limit = true;
        warn_on_record(&session->status,
                       "an image of %llu MiB takes about %.1f s, and the time limit is in %.1f s: "
                       "none will be complete by then",
                       (unsigned long long)(bytes >> 20), cost / 1000,
                       (double)(limit - now) / 1000);
    }
}

void wait_tell(struct session *session)
{
    const struct schedule *schedule = &session->schedule;
    uint64_t interval = schedule->spec.interval_ms;

    if (interval == 0 || session->wait_told == schedule->waits_from_ms)
        return;
    session->wait_told = schedule->waits_from_ms;
    ckpt_info("the next interval is %.3f s",
              (double)(interval - interval * schedule->shorter_by / 1000) / 1000);
}
