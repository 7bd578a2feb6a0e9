/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* When checkpoints are due: intervals and their jitter, what is worth its cost, time limits. */
#include "unit.h"

#include "supervisor/schedule.h"

#define MINUTE 60000ULL
#define MIB    (1024ULL * 1024)

static struct schedule begin(struct schedule_spec spec)
{
    struct schedule schedule = {.cost_ms = -1};

    schedule_begin(&schedule, &spec, 1000, 0);
    return schedule;
}

/* The moment when something is due, asking as a session would. */
static uint64_t ask(const struct schedule *schedule, uint64_t now, uint64_t resident,
                    enum schedule_due *ret_due)
{
    for (int i = 0; i < 100000; i++) {
        struct schedule_step step = schedule_look(schedule, now, resident);
        *ret_due = step.due;
        if (step.due != SCHEDULE_NOTHING || step.wait_ms == 0)
            return now;
        now += step.wait_ms;
    }
    return 0;
}

TEST(intervals_are_kept)
{
    struct schedule schedule = begin((struct schedule_spec){.interval_ms = MINUTE});
    enum schedule_due due;

    CHECK_INT(ask(&schedule, 1000, MIB, &due), 1000 + MINUTE);
    CHECK_INT(due, SCHEDULE_PERIODIC);
    schedule_taken(&schedule, due, 61000, 62000, 1000, MIB);
    CHECK_INT(ask(&schedule, 62000, MIB, &due), 62000 + MINUTE);
    schedule_again(&schedule, 130000);
    CHECK_INT(ask(&schedule, 125000, MIB, &due), 130000);
    schedule = begin((struct schedule_spec){.interval_ms = 0});
    CHECK_INT(schedule_look(&schedule, 1000, MIB).wait_ms, 0);
}

TEST(jitter_spreads_the_tasks_of_a_cluster)
{
    uint64_t first = 0, earliest = UINT64_MAX, latest = 0, buckets[10] = {0};
    enum schedule_due due;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct schedule schedule =
            begin((struct schedule_spec){.interval_ms = 10 * MINUTE, .jitter = 10, .seed = seed});
        uint64_t when = ask(&schedule, 1000, MIB, &due) - 1000;
        struct schedule same =
            begin((struct schedule_spec){.interval_ms = 10 * MINUTE, .jitter = 10, .seed = seed});
        CHECK_INT(ask(&same, 1000, MIB, &due) - 1000, when);
        earliest = when < earliest ? when : earliest;
        latest = when > latest ? when : latest;
        CHECK(when >= 9 * MINUTE && when <= 10 * MINUTE);
        buckets[(10 * MINUTE - when) * 10 / (MINUTE + 1)]++;
        first += when == 10 * MINUTE;
    }
    CHECK(earliest < 9 * MINUTE + 2000 && latest > 10 * MINUTE - 2000);
    for (int i = 0; i < 10; i++)
        CHECK(buckets[i] > 60 && buckets[i] < 140);
    CHECK(first < 100);
}

TEST(young_and_daly_choose_the_interval)
{
    struct schedule schedule =
        begin((struct schedule_spec){.automatic = true, .mtbf_ms = 24 * 60 * MINUTE});

    schedule_cost(&schedule, 10000, 1000 * MIB); /* sqrt(2 C M) is 1,314.5 s */
    uint64_t interval = schedule_interval(&schedule, 1000 * MIB);
    CHECK(interval > 1300000 && interval < 1316000);
    /* What has grown costs more, what has shrunk does not cost less. */
    CHECK(schedule_interval(&schedule, 4000 * MIB) > interval * 19 / 10);
    CHECK_INT(schedule_interval(&schedule, 10 * MIB), interval);
    /* More failures, shorter intervals; within bounds. */
    schedule.spec.mtbf_ms = 60 * MINUTE;
    CHECK(schedule_interval(&schedule, 1000 * MIB) < interval / 4);
    schedule_cost(&schedule, 1, MIB);
    CHECK_INT(schedule_interval(&schedule, MIB), SCHEDULE_SHORTEST_MS);
    schedule.spec.mtbf_ms = 10000 * 60 * MINUTE;
    schedule_cost(&schedule, 60000, MIB);
    CHECK_INT(schedule_interval(&schedule, MIB), SCHEDULE_LONGEST_MS);
    schedule.spec.mtbf_ms = 1000;
    CHECK_INT(schedule_interval(&schedule, MIB), 60000 * SCHEDULE_LEAST_WORTH);
}

TEST(short_tasks_pay_nothing)
{
    struct schedule schedule = begin((struct schedule_spec){.interval_ms = 100});
    enum schedule_due due;

    /* 2 GiB have never been written: about 10 s are expected. */
    uint64_t when = ask(&schedule, 1000, 2048 * MIB, &due);
    CHECK(when > 1000 + 10000 && when < 1000 + 11000);
    schedule_taken(&schedule, due, when, when + 3000, 3000, 2048 * MIB);
    CHECK_INT(ask(&schedule, when + 3000, 2048 * MIB, &due), when + 3100);
    schedule = begin((struct schedule_spec){.automatic = true, .mtbf_ms = 24 * 60 * MINUTE});
    CHECK(ask(&schedule, 1000, MIB, &due) >= 1000 + SCHEDULE_SHORTEST_MS);
}

TEST(nothing_before_the_least_run_time)
{
    struct schedule_spec spec = {.interval_ms = 1000, .min_runtime_ms = 5 * MINUTE};
    struct schedule schedule = begin(spec);
    enum schedule_due due;

    CHECK_INT(ask(&schedule, 1000, MIB, &due), 1000 + 5 * MINUTE);
    CHECK(!schedule_is_ripe(&schedule, 5 * MINUTE) && schedule_is_ripe(&schedule, 6 * MINUTE));
    /* What earlier incarnations have run counts. */
    schedule_begin(&schedule, &spec, 1000, 4 * MINUTE);
    CHECK_INT(ask(&schedule, 1000, MIB, &due), 1000 + MINUTE);
    schedule_begin(&schedule, &spec, 1000, 40 * MINUTE);
    CHECK_INT(ask(&schedule, 1000, MIB, &due), 2000);
}

TEST(an_image_comes_before_the_time_limit)
{
    struct schedule_spec spec = {.limit_ms = 1000 + 60 * MINUTE};
    struct schedule schedule = begin(spec);
    enum schedule_due due;

    schedule_cost(&schedule, 5000, 100 * MIB);
    CHECK_INT(ask(&schedule, 1000, 100 * MIB, &due), 1000 + 60 * MINUTE - 2 * 5000 - 30000);
    CHECK_INT(due, SCHEDULE_LIMIT);
    /* The tree grows while it is waited for. */
    CHECK_INT(ask(&schedule, 1000, 400 * MIB, &due), 1000 + 60 * MINUTE - 2 * 20000 - 30000);
    schedule_taken(&schedule, due, 3500000, 3510000, 10000, 400 * MIB);
    ask(&schedule, 3510000, 400 * MIB, &due);
    CHECK_INT(due, SCHEDULE_NOTHING); /* once is enough */

    /* One that has just been taken does as well. */
    schedule_begin(&schedule, &spec, 1000, 0);
    schedule_taken(&schedule, SCHEDULE_PERIODIC, 3590000, 3595000, 5000, 100 * MIB);
    CHECK_INT(ask(&schedule, 3595000, 100 * MIB, &due), 3595000);
    CHECK_INT(due, SCHEDULE_LIMIT);
    schedule_taken(&schedule, SCHEDULE_PERIODIC, 3599000, 3599500, 5000, 100 * MIB);
    ask(&schedule, 3599500, 100 * MIB, &due);
    CHECK_INT(due, SCHEDULE_NOTHING);
}

TEST(a_time_limit_that_is_near_is_used_at_once)
{
    struct schedule_spec spec = {.limit_ms = 1000 + 2000};
    struct schedule schedule = begin(spec);
    enum schedule_due due;

    schedule_cost(&schedule, 100, MIB);
    CHECK_INT(ask(&schedule, 1000, MIB, &due), 3000 - 200 - 200);
    schedule_cost(&schedule, 1500, MIB); /* does not fit with its margin, but may with luck */
    CHECK_INT(ask(&schedule, 1000, MIB, &due), 1000 + 1500);
    CHECK_INT(due, SCHEDULE_LIMIT);
    schedule_cost(&schedule, 5000, MIB); /* saves less than it costs */
    ask(&schedule, 1000, MIB, &due);
    CHECK_INT(due, SCHEDULE_NOTHING);
}
