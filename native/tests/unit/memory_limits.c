/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* When the memory limit counts as nearly reached, and how often that is looked at; control groups of both versions, as the
 * kernel shows them, in a directory of the test. */
#include "unit.h"

#include "supervisor/memory_watch.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- control groups ---- */

__attribute__((format(printf, 2, 3))) static void put(const char *path, const char *format, ...)
{
    va_list arguments;
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

/* Version 2: a job with a limit, its step without, and the task in the step. */
static void unified_make(const char *root, const char *job)
{
    char here[PATH_MAX - 200], path[PATH_MAX];

    CHECK(getcwd(here, sizeof(here)) != NULL);
    put("cgroup", "0::%s/step/task\n", job);
    put("mountinfo",
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        "31 23 0:28 %s %s/cgroup2 rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
        "rw,nsdelegate,memory_recursiveprot\n",
        root, here);
    for (const char *const *name =
             (const char *const[]){"cgroup2", "cgroup2/job", "cgroup2/job/step",
                                   "cgroup2/job/step/task", NULL};
         *name != NULL; name++)
        mkdir(*name, 0700);
    for (const char *const *name = (const char *const[]){"cgroup2/job", "cgroup2/job/step",
                                                         "cgroup2/job/step/task", NULL};
         *name != NULL; name++) {
        snprintf(path, sizeof(path), "%s/memory.max", *name);
        put(path, "max\n");
        snprintf(path, sizeof(path), "%s/memory.current", *name);
        put(path, "%llu\n", 700 * MIB);
        snprintf(path, sizeof(path), "%s/memory.stat", *name);
        put(path, "anon 524288000\nfile 209715200\ninactive_file %llu\nactive_file %llu\n",
            150 * MIB, 50 * MIB);
        snprintf(path, sizeof(path), "%s/memory.events", *name);
        put(path, "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n");
    }
    put("cgroup2/job/memory.max", "%llu\n", 1000 * MIB);
}

static void unified_check(void)
{
    struct memory_watch watch;

    memory_watch_open_from(&watch, "cgroup", "mountinfo");
    CHECK(watch.unified && watch.usage >= 0);
    CHECK_INT((long)(watch.limit / MIB), 1000);
    struct memory_look look = memory_watch_look(&watch, 50, 1000, 0);
    CHECK_INT((long)(look.used / MIB), 500); /* without the page cache */
    CHECK(look.pressed);
    CHECK_INT((long)memory_watch_kills(&watch), 0);
    put("cgroup2/job/step/task/memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 3\n");
    CHECK_INT((long)memory_watch_kills(&watch), 2);
    CHECK_INT((long)memory_watch_excuse(&watch, 2, 1), 0); /* killed by somebody else */
    CHECK_INT((long)memory_watch_kills(&watch), 2);
    CHECK_INT((long)memory_watch_excuse(&watch, 1, 3), 1);
    CHECK_INT((long)memory_watch_kills(&watch), 1);
    memory_watch_close(&watch);
}

TEST(memory_limit_of_a_group_above_in_version_2)
{
    unified_make("/", "/job");
    unified_check();
}

TEST(memory_limit_in_a_container_with_version_2)
{
    unified_make("/docker/12ab", "/docker/12ab/job");
    unified_check();
}

TEST(nearest_memory_limit_counts_in_version_2)
{
    struct memory_watch watch;

    unified_make("/", "/job");
    put("cgroup2/job/step/task/memory.max", "%llu\n", 800 * MIB);
    memory_watch_open_from(&watch, "cgroup", "mountinfo");
    CHECK_INT((long)(watch.limit / MIB), 800);
    memory_watch_close(&watch);
}

TEST(no_memory_limit_in_version_2)
{
    struct memory_watch watch;

    unified_make("/", "/job");
    put("cgroup2/job/memory.max", "max\n");
    memory_watch_open_from(&watch, "cgroup", "mountinfo");
    CHECK_INT(watch.usage, -1);
    put("cgroup2/job/step/task/memory.events", "oom_kill 2\n");
    CHECK_INT((long)memory_watch_kills(&watch), 1);
    memory_watch_close(&watch);
}

TEST(memory_limit_in_version_1)
{
    char here[PATH_MAX - 200];
    struct memory_watch watch;

    CHECK(getcwd(here, sizeof(here)) != NULL);
    put("cgroup", "9:name=systemd:/\n5:cpu,memory:/slurm/job_7\n0::/\n");
    put("mountinfo",
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
        "35 31 0:32 / %s/memory rw,relatime - cgroup cgroup rw,cpu,memory\n",
        here);
    mkdir("memory", 0700);
    mkdir("memory/slurm", 0700);
    mkdir("memory/slurm/job_7", 0700);
    put("memory/slurm/memory.limit_in_bytes", "9223372036854771712\n");
    put("memory/slurm/memory.usage_in_bytes", "%llu\n", 100 * MIB);
    put("memory/slurm/job_7/memory.limit_in_bytes", "%llu\n", 200 * MIB);
    put("memory/slurm/job_7/memory.usage_in_bytes", "%llu\n", 100 * MIB);
    put("memory/slurm/job_7/memory.stat",
        "cache 1\ntotal_inactive_file %llu\ntotal_active_file 0\n", 20 * MIB);
    put("memory/slurm/job_7/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
    memory_watch_open_from(&watch, "cgroup", "mountinfo");
    CHECK(!watch.unified);
    CHECK_INT((long)(watch.limit / MIB), 200);
    CHECK_INT((long)(memory_watch_look(&watch, 90, 1000, 0).used / MIB), 80);
    put("memory/slurm/job_7/memory.oom_control", "oom_kill_disable 0\nunder_oom 1\noom_kill 5\n");
    CHECK_INT((long)memory_watch_kills(&watch), 1);
    memory_watch_close(&watch);
}

TEST(no_control_groups_at_all)
{
    struct memory_watch watch;

    memory_watch_open_from(&watch, "missing", "missing");
    CHECK_INT(watch.usage, -1);
    CHECK_INT((long)memory_watch_kills(&watch), 0);
    memory_watch_close(&watch);
}
