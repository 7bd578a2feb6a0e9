/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The copies of the processes count for the memory of the task, each for as much as its process, and the kernel that looks
 * for somebody to end would as soon choose the one as the other. A checkpoint may fail; a task that would have gone on
 * without us must. */
#include "capture/snapshot.h"

#include "common/cleanup.h"
#include "common/proc.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TO_GO "1000" /* the highest oom_score_adj: chosen whatever its size */

void snapshot_give_way(pid_t snapshot)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)snapshot);
    proc_write(path, FIRST_TO_GO); /* without /proc, or where it is gone already, nothing is lost */
}

/* In a set of signals that /proc/PID/status shows under that name. */
static bool kill_is_pending(const char *status, const char *name)
{
    const char *line = strstr(status, name);

    return line != NULL && (strtoull(line + strlen(name), NULL, 16) >> (SIGKILL - 1) & 1) != 0;
}

/* The kernel takes memory back from whoever has the signal, even before it acts on it. */
bool snapshot_was_killed(pid_t snapshot)
{
    cleanup_free char *status = NULL;

    return proc_text_read(snapshot, "status", &status) < 0 || strstr(status, "\nVmSize:") == NULL ||
           kill_is_pending(status, "\nSigPnd:") || kill_is_pending(status, "\nShdPnd:");
}
