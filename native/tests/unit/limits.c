/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Which limits a restarted process gets. */
#include "unit.h"

#include "objects/limit.h"

#include <sys/resource.h>

static void check_decided(struct image_limit saved, struct image_limit before,
                          struct image_limit now, struct image_limit wanted)
{
    struct image_limit got = limit_decide(saved, before, now);

    CHECK_INT(got.soft, wanted.soft);
    CHECK_INT(got.hard, wanted.hard);
}

#define LIMIT(soft_, hard_) ((struct image_limit){.soft = soft_, .hard = hard_})

TEST(limits_that_were_inherited_are_those_of_now)
{
    check_decided(LIMIT(4, 8), LIMIT(4, 8), LIMIT(6, 9), LIMIT(6, 9));
    check_decided(LIMIT(4, 8), LIMIT(4, 8), LIMIT(1, 2), LIMIT(1, 2));
    check_decided(LIMIT(4, 8), LIMIT(4, 8), LIMIT(RLIM_INFINITY, RLIM_INFINITY),
                  LIMIT(RLIM_INFINITY, RLIM_INFINITY));
}

TEST(limits_that_the_task_set_are_kept)
{
    check_decided(LIMIT(3, 8), LIMIT(4, 8), LIMIT(6, 9), LIMIT(3, 9));
    check_decided(LIMIT(8, 8), LIMIT(4, 8), LIMIT(6, 9), LIMIT(8, 9));
    check_decided(LIMIT(3, 5), LIMIT(4, 8), LIMIT(6, 9), LIMIT(3, 5));
}

TEST(a_soft_limit_is_never_above_the_hard_one)
{
    check_decided(LIMIT(3, 8), LIMIT(4, 8), LIMIT(2, 2), LIMIT(2, 2));
    check_decided(LIMIT(4, 5), LIMIT(4, 8), LIMIT(7, 9), LIMIT(5, 5));
}

TEST(limits_are_read_as_the_kernel_has_them)
{
    struct rlimit files = {100, 200}, core = {0, RLIM_INFINITY}, had;
    struct image_limit limits[IMAGE_LIMITS];

    CHECK(getrlimit(RLIMIT_CORE, &had) == 0);
    if (had.rlim_max != RLIM_INFINITY)
        core.rlim_max = had.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0 && setrlimit(RLIMIT_CORE, &core) == 0);
    CHECK_INT(limits_read(getpid(), limits), 0);
    for (int i = 0; i < IMAGE_LIMITS; i++) {
        struct rlimit limit;
        CHECK(getrlimit((enum __rlimit_resource)i, &limit) == 0);
        CHECK_INT(limits[i].soft, limit.rlim_cur);
        CHECK_INT(limits[i].hard, limit.rlim_max);
    }
    CHECK_INT(limits_read(-1, limits), -ENOENT);
}
