/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* When the memory limit counts as nearly reached, and how often that is looked at. */
#include "unit.h"

#include "supervisor/memory_watch.h"

#define MIB (1024ULL * 1024)

TEST(memory_limit_is_nearly_reached)
{
    struct memory_watch watch = {.usage = -1, .stat = -1, .limit = 1000 * MIB, .armed = true};

    CHECK(!memory_judge(&watch, 90, 899 * MIB, 1000, 0).pressed);
    CHECK(memory_judge(&watch, 90, 900 * MIB, 2000, 0).pressed);
    watch.armed = false; /* the checkpoint has been taken */
    CHECK(!memory_judge(&watch, 90, 950 * MIB, 3000, 0).pressed);
    CHECK(!memory_judge(&watch, 90, 880 * MIB, 4000, 0).pressed);
    CHECK(!memory_judge(&watch, 90, 910 * MIB, 5000, 0).pressed);
    CHECK(!memory_judge(&watch, 90, 800 * MIB, 6000, 0).pressed);
    CHECK(memory_judge(&watch, 90, 910 * MIB, 7000, 0).pressed);
}

TEST(growing_tasks_are_looked_at_more_often)
{
    struct memory_watch watch = {.usage = -1, .stat = -1, .limit = 1000 * MIB, .armed = true};

    CHECK_INT(memory_judge(&watch, 90, 100 * MIB, 1000, 0).wait_ms, 1000);
    CHECK_INT(memory_judge(&watch, 90, 100 * MIB, 2000, 0).wait_ms, 1000);
    /* 100 MiB in a second, 700 MiB to go: an eighth of seven seconds. */
    CHECK_INT(memory_judge(&watch, 90, 200 * MIB, 3000, 0).wait_ms, 875);
    CHECK_INT(memory_judge(&watch, 90, 890 * MIB, 4000, 0).wait_ms, 20);
}

TEST(a_tree_larger_than_the_room_left_is_tight)
{
    struct memory_watch watch = {.usage = -1, .stat = -1, .limit = 1000 * MIB, .armed = true};

    CHECK(!memory_judge(&watch, 90, 400 * MIB, 1000, 300 * MIB).tight);
    CHECK(memory_judge(&watch, 90, 800 * MIB, 2000, 300 * MIB).tight);
}

TEST(no_limit_is_no_look)
{
    struct memory_watch watch = {.usage = -1, .stat = -1};

    CHECK_INT(memory_watch_look(&watch, 90, 1000, 0).wait_ms, 0);
}
