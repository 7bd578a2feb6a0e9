/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The memory limit of a control group, version 1 or 2. No event comes in time from either for an ordinary user, so the
 * use is looked at, the more often the faster it grows towards the limit; a look costs two small files. Page cache is
 * not counted: the kernel takes it back first.
 *
 * The checkpoint has a need of its own: while the image is written, each page that the tree writes exists twice. A tree
 * that has not as much room left as it is large stands still during the writing instead (triggers.c). */
#include "supervisor/memory_watch.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/log.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A growing task is looked at so often before it would be there. */
#define LOOKS_BEFORE  8
#define LOOK_LEAST_MS 20
#define LOOK_MOST_MS  1000
#define NO_LIMIT      (1ULL << 60) /* version 1 says so with a number near 2^63 */
#define RELEASE_PART                                                                               \
    20 /* below the threshold by such a part of the limit, the next crossing counts */

static bool number_read(int dirfd, const char *name, uint64_t *ret)
{
    char text[64] = "";
    cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read_full(fd, text, sizeof(text) - 1) <= 0 || *text < '0' || *text > '9')
        return false; /* "max" */
    *ret = strtoull(text, NULL, 10);
    return *ret < NO_LIMIT;
}

/* The group of this process below a mount of that kind: the path after the controllers. */
static bool group_of(const char *groups, const char *controller, char *ret, size_t size)
{
    FILE *file = fopen(groups, "re");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (file != NULL && !found && getline(&line, &room, file) > 0) {
        char *list = strchr(line, ':'), *path = list != NULL ? strchr(list + 1, ':') : NULL;
        if (path == NULL)
            continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        char *rest = list + 1;
        if (*controller == 0) {
            found = *rest == 0;
        } else {
            for (char *word; !found && (word = strsep(&rest, ",")) != NULL;)
                found = strcmp(word, controller) == 0;
        }
        if (found)
            snprintf(ret, size, "%s", path);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

/* Where the hierarchy is mounted, and which of its groups stands there (in a container, its own). */
static bool mount_of(const char *mounts, bool unified, char *ret_point, char *ret_root, size_t size)
{
    FILE *file = fopen(mounts, "re");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (file != NULL && !found && getline(&line, &room, file) > 0) {
        char root[PATH_MAX], point[PATH_MAX];
        const char *kind = strstr(line, " - ");
        if (kind == NULL || sscanf(line, "%*d %*d %*s %4095s %4095s", root, point) != 2)
            continue;
        const char *options = strrchr(line, ' ');
        found = unified ? strncmp(kind, " - cgroup2 ", 11) == 0
                        : strncmp(kind, " - cgroup ", 10) == 0 && strstr(options, "memory") != NULL;
        if (found) {
            snprintf(ret_point, size, "%s", point);
            snprintf(ret_root, size, "%s", root);
        }
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

static void limit_close(struct memory_watch *watch)
{
    if (watch->usage >= 0)
        close(watch->usage);
    if (watch->stat >= 0)
        close(watch->stat);
    watch->usage = watch->stat = -1;
}

/* The group, or the one above it, whose limit leaves the least. */
static void nearest_find(struct memory_watch *watch, const char *point, char *group)
{
    const char *limit_name = watch->unified ? "memory.max" : "memory.limit_in_bytes";
    const char *usage_name = watch->unified ? "memory.current" : "memory.usage_in_bytes";
    uint64_t least = UINT64_MAX, limit, usage;

    for (;;) {
        char path[PATH_MAX * 2];
        snprintf(path, sizeof(path), "%s%s", point, group);
        cleanup_fd int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir >= 0 && number_read(dir, limit_name, &limit) &&
            number_read(dir, usage_name, &usage) && limit - usage % (limit + 1) < least) {
            limit_close(watch);
            least = limit - usage % (limit + 1);
            watch->limit = limit;
            watch->usage = openat(dir, usage_name, O_RDONLY | O_CLOEXEC);
            watch->stat = openat(dir, "memory.stat", O_RDONLY | O_CLOEXEC);
        }
        char *last = strrchr(group, '/');
        if (last == NULL || *group == 0)
            return;
        *last = 0;
    }
}

/* Of a file with a name and a number on each line, 0 if it is not there. */
static uint64_t stat_number(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL && *line != 0;) {
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return strtoull(line + length, NULL, 10);
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return 0;
}

static bool kills_read(const struct memory_watch *watch, uint64_t *ret)
{
    char text[1024] = "";

    if (watch->events < 0 || pread(watch->events, text, sizeof(text) - 1, 0) <= 0)
        return false;
    *ret = stat_number(text, "oom_kill");
    return true;
}

/* Of the group itself: version 1 counts nobody's but its own. */
static void kills_open(struct memory_watch *watch, const char *point, const char *group)
{
    char path[PATH_MAX * 2 + 32];

    snprintf(path, sizeof(path), "%s%s/%s", point, group,
             watch->unified ? "memory.events" : "memory.oom_control");
    watch->events = open(path, O_RDONLY | O_CLOEXEC);
}

/* Where it nearly always is. To read all mounts takes longer than a short task has. */
static bool usual_mount(bool unified, const char *group, char *ret_point, char *ret_root,
                        size_t size)
{
    char path[PATH_MAX * 2];
    struct statfs status;

    snprintf(ret_point, size, "/sys/fs/cgroup%s", unified ? "" : "/memory");
    snprintf(ret_root, size, "/");
    snprintf(path, sizeof(path), "%s%s", ret_point, group);
    return statfs(path, &status) == 0 &&
           status.f_type == (unified ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC);
}

/* The version that counts memory here, or 0. */
static int group_find(const char *groups, const char *mounts, char *point, char *group, size_t size)
{
    char root[PATH_MAX];

    for (int version = 1; version <= 2; version++) {
        bool unified = version == 2;
        if (!group_of(groups, unified ? "" : "memory", group, size) ||
            ((mounts != NULL || !usual_mount(unified, group, point, root, size)) &&
             !mount_of(mounts != NULL ? mounts : "/proc/self/mountinfo", unified, point, root,
                       size)))
            continue;
        size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
        if (strncmp(group, root, length) == 0)
            memmove(group, group + length, strlen(group + length) + 1);
        if (strcmp(group, "/") == 0)
            *group = 0;
        return version;
    }
    return 0;
}

static void watch_open(struct memory_watch *watch, const char *groups, const char *mounts,
                       bool with_limit)
{
    char group[PATH_MAX], point[PATH_MAX];

    int version = group_find(groups, mounts, point, group, sizeof(point));
    watch->unified = version == 2;
    if (version == 0)
        return;
    if (watch->events < 0) {
        kills_open(watch, point, group);
        kills_read(watch, &watch->kills_before);
    }
    if (with_limit)
        nearest_find(watch, point, group);
    if (watch->usage >= 0)
        ckpt_info("the memory limit is %llu MiB", (unsigned long long)(watch->limit >> 20));
}

void memory_watch_open_from(struct memory_watch *watch, const char *groups, const char *mounts)
{
    *watch = (struct memory_watch){.usage = -1, .stat = -1, .events = -1, .armed = true};
    watch_open(watch, groups, mounts, true);
}

void memory_watch_open(struct memory_watch *watch)
{
    *watch = (struct memory_watch){.usage = -1, .stat = -1, .events = -1, .armed = true};
    watch_open(watch, "/proc/self/cgroup", NULL, false);
}

void memory_watch_find_limit(struct memory_watch *watch)
{
    if (!watch->sought)
        watch_open(watch, "/proc/self/cgroup", NULL, true);
    watch->sought = true;
}

void memory_watch_close(struct memory_watch *watch)
{
    limit_close(watch);
    if (watch->events >= 0)
        close(watch->events);
    watch->events = -1;
}

uint64_t memory_watch_kills(const struct memory_watch *watch)
{
    uint64_t kills;

    return kills_read(watch, &kills) && kills > watch->kills_before ? kills - watch->kills_before
                                                                    : 0;
}

uint64_t memory_watch_excuse(struct memory_watch *watch, uint64_t before, uint64_t count)
{
    uint64_t kills = memory_watch_kills(watch), since = kills > before ? kills - before : 0;

    if (count > since)
        count = since;
    watch->kills_before += count;
    return count;
}

static bool used_read(const struct memory_watch *watch, uint64_t *ret)
{
    char text[8192] = "";

    if (pread(watch->usage, text, 63, 0) <= 0)
        return false;
    uint64_t used = strtoull(text, NULL, 10);
    memset(text, 0, sizeof(text));
    if (watch->stat >= 0 && pread(watch->stat, text, sizeof(text) - 1, 0) > 0) {
        uint64_t cache =
            stat_number(text, watch->unified ? "inactive_file" : "total_inactive_file") +
            stat_number(text, watch->unified ? "active_file" : "total_active_file");
        used -= cache < used ? cache : used;
    }
    *ret = used;
    return true;
}

struct memory_look memory_judge(struct memory_watch *watch, unsigned percent, uint64_t used,
                                uint64_t now_ms, uint64_t resident)
{
    uint64_t threshold = watch->limit / 100 * percent;
    uint64_t room = watch->limit > used ? watch->limit - used : 0;
    struct memory_look look = {.used = used, .wait_ms = LOOK_MOST_MS, .tight = room < resident};

    if (used > watch->last_used && now_ms > watch->last_ms && used < threshold) {
        uint64_t growth = used - watch->last_used, time = now_ms - watch->last_ms;
        uint64_t left = (uint64_t)((double)(threshold - used) / (double)growth * (double)time);
        look.wait_ms = left / LOOKS_BEFORE;
    }
    if (look.wait_ms < LOOK_LEAST_MS)
        look.wait_ms = LOOK_LEAST_MS;
    if (look.wait_ms > LOOK_MOST_MS)
        look.wait_ms = LOOK_MOST_MS;
    if (used + watch->limit / RELEASE_PART < threshold)
        watch->armed = true;
    look.pressed = watch->armed && used >= threshold;
    watch->last_used = used;
    watch->last_ms = now_ms;
    return look;
}

struct memory_look memory_watch_look(struct memory_watch *watch, unsigned percent, uint64_t now_ms,
                                     uint64_t resident)
{
    uint64_t used;

    if (watch->usage < 0 || !used_read(watch, &used))
        return (struct memory_look){.wait_ms = 0};
    return memory_judge(watch, percent, used, now_ms, resident);
}
