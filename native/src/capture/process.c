/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * One process as seen from outside: its memory layout, limits, directories, umask; of a zombie its exit status. */
#include "capture/process.h"

#include "capture/blame.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of fields in /proc/PID/stat, counted from 1 as in proc(5). */
enum {
    STAT_START_CODE = 26,
    STAT_END_CODE = 27,
    STAT_START_STACK = 28,
    STAT_START_DATA = 45,
    STAT_END_DATA = 46,
    STAT_EXIT_SIGNAL = 38,
    STAT_START_BRK = 47,
    STAT_ARG_START = 48,
    STAT_ARG_END = 49,
    STAT_ENV_START = 50,
    STAT_ENV_END = 51,
    STAT_EXIT_CODE = 52,
    STAT_FIELDS = 53
};

static ssize_t proc_read(pid_t pid, const char *name, void *buffer, size_t size)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : read_full(fd, buffer, size);
}

static int stat_read(pid_t pid, uint64_t fields[STAT_FIELDS])
{
    char buffer[2048];
    ssize_t got = proc_read(pid, "stat", buffer, sizeof(buffer) - 1);

    memset(fields, 0, STAT_FIELDS * sizeof(fields[0]));
    if (got <= 0)
        return -ESRCH;
    buffer[got] = 0;
    char *at = strrchr(buffer, ')'); /* the name may hold anything */
    if (at == NULL)
        return -EBADMSG;
    at += 3; /* ") S": field 3 */
    for (int i = 4; i < STAT_FIELDS && *at != 0; i++)
        fields[i] = strtoull(at + 1, &at, 10);
    return 0;
}

static char *link_read(pid_t pid, const char *name)
{
    char path[64], target[PATH_MAX];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        return NULL;
    target[length] = 0;
    return strdup(target);
}

static void layout_fill(struct image_process *to, const uint64_t *fields)
{
    to->layout = (struct image_layout){
        .start_code = fields[STAT_START_CODE],
        .end_code = fields[STAT_END_CODE],
        .start_data = fields[STAT_START_DATA],
        .end_data = fields[STAT_END_DATA],
        .start_brk = fields[STAT_START_BRK],
        .brk = to->library.brk,
        .start_stack = fields[STAT_START_STACK],
        .arg_start = fields[STAT_ARG_START],
        .arg_end = fields[STAT_ARG_END],
        .env_start = fields[STAT_ENV_START],
        .env_end = fields[STAT_ENV_END],
    };
}

int capture_process(const struct tree_process *from, struct image_process *to,
                    struct ckpt_error *err)
{
    uint64_t fields[STAT_FIELDS], main_fields[STAT_FIELDS];

    if (stat_read(from->outer, main_fields) < 0 || stat_read(from->task, fields) < 0)
        return ckpt_error_set(err, ESRCH, "process %d (%s) ended during the checkpoint",
                              (int)from->inner, from->name);
    memcpy(to->name, from->name, sizeof(to->name));
    to->threads = from->threads > 0 ? from->threads - 1 : 0; /* the checkpoint thread is ours */
    to->umask = from->umask;
    to->uid = from->effective_uid;
    to->gid = from->effective_gid;
    to->resident_bytes = from->resident_bytes;
    to->zombie = tree_process_is_dead(from);
    to->main_ended = tree_process_lost_main(from);
    to->exit_status = (int)main_fields[STAT_EXIT_CODE];
    to->exit_signal = (int)main_fields[STAT_EXIT_SIGNAL];
    if (to->zombie)
        return 0;
    layout_fill(to, fields);
    int error = limits_read(from->task, to->limits);
    if (error == 0)
        error = oom_score_read(from->task, &to->oom_score_adj);
    if (error < 0)
        return ckpt_error_set(err, -error, "read the limits of process %d (%s): %s",
                              (int)from->inner, from->name, strerror(-error));
    ssize_t got = proc_read(from->task, "auxv", to->auxv, sizeof(to->auxv));
    to->auxv_words = got > 0 ? (size_t)got / sizeof(to->auxv[0]) : 0;
    to->exe = link_read(from->task, "exe");
    to->cwd = link_read(from->task, "cwd");
    if (to->exe == NULL || to->cwd == NULL)
        return ckpt_error_set(err, EACCES, "process %d (%s) does not let itself be looked into",
                              (int)from->inner, from->name);
    if (has_own_root(from->task) && (to->root = link_read(from->task, "root")) == NULL)
        return ckpt_error_set(err, EACCES, "process %d (%s) does not show its root directory",
                              (int)from->inner, from->name);
    return 0;
}
