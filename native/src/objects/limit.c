/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Saving reads /proc, since prlimit(2) refuses processes of other users even to root without CAP_SYS_RESOURCE. The
 * limits that limit_decide() finds are set by the library, last of all (preload/process_state.c). */
#include "objects/limit.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LIMITS_TEXT  4096
#define NAME_COLUMNS 25 /* "Max open files           " */
#define UNLIMITED    "unlimited"

/* "unlimited" or a number, of which the kernel writes no other. */
static int value_parse(const char **text, uint64_t *ret)
{
    char *end;

    *text += strspn(*text, " ");
    if (strncmp(*text, UNLIMITED, strlen(UNLIMITED)) == 0) {
        *ret = RLIM_INFINITY;
        *text += strlen(UNLIMITED);
        return 0;
    }
    *ret = strtoull(*text, &end, 10);
    bool empty = end == *text;
    *text = end;
    return empty ? -EBADMSG : 0;
}

int limits_read(pid_t pid, struct image_limit ret[IMAGE_LIMITS])
{
    char path[64], text[LIMITS_TEXT];

    snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
    if (got < 0)
        return -errno;
    text[got] = 0;
    const char *line = text; /* the titles; then a line for each, by their numbers */
    for (int i = 0; i < IMAGE_LIMITS; i++) {
        line = strchr(line, '\n');
        if (line == NULL || strnlen(++line, NAME_COLUMNS) < NAME_COLUMNS)
            return -EBADMSG;
        line += NAME_COLUMNS;
        if (value_parse(&line, &ret[i].soft) < 0 || value_parse(&line, &ret[i].hard) < 0)
            return -EBADMSG;
    }
    return 0;
}

int oom_score_read(pid_t pid, int *ret)
{
    char path[64], text[32];

    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
    if (got <= 0)
        return -errno;
    text[got] = 0;
    *ret = atoi(text);
    return 0;
}

struct image_limit limit_decide(struct image_limit saved, struct image_limit before,
                                struct image_limit now)
{
    struct image_limit limit = {
        .soft = saved.soft == before.soft ? now.soft : saved.soft,
        .hard = saved.hard == before.hard ? now.hard : saved.hard,
    };

    if (limit.soft > limit.hard)
        limit.soft = limit.hard;
    return limit;
}

void limits_raise(void)
{
    struct rlimit limit;

    for (int i = 0; i < IMAGE_LIMITS; i++) {
        if (getrlimit((enum __rlimit_resource)i, &limit) < 0)
            continue;
        limit.rlim_cur = limit.rlim_max;
        setrlimit((enum __rlimit_resource)i, &limit);
    }
}

int oom_score_restore(const struct image_process *process, const struct tree_image *tree, int now)
{
    char text[16];

    if (process->oom_score_adj == tree->oom_score_adj || process->oom_score_adj == now)
        return 0;
    cleanup_fd int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    snprintf(text, sizeof(text), "%d", process->oom_score_adj);
    return fd < 0 || write_full(fd, text, strlen(text)) < 0 ? -errno : 0;
}
