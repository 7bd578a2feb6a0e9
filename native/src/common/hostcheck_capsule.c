/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What the trial of the capsule's namespaces has found, in the words of `ckpt check`. What was not reached says so. */
#include "common/hostcheck_probe.h"

#include "common/namespaces.h"
#include "common/proc.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PREFIX "namespaces: " /* of the trial's messages, which every line here would repeat */

static void step_tell(const struct namespaces_trial *trial, enum namespaces_step step,
                      struct hostcheck_item *item, const char *good, const char *otherwise)
{
    const char *why = trial->steps[step].err.message;

    if (!trial->steps[step].reached)
        snprintf(item->detail, sizeof(item->detail), "%snot reached", otherwise);
    else if (trial->steps[step].err.code == 0)
        probe_ok(item, good);
    else
        snprintf(item->detail, sizeof(item->detail), "%s%s", otherwise,
                 strncmp(why, PREFIX, strlen(PREFIX)) == 0 ? why + strlen(PREFIX) : why);
}

void probe_capsule(struct hostcheck_item *items)
{
    bool administrator = is_administrator();
    /* Its process 1 writes to it, too. */
    struct namespaces_trial *trial =
        mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (trial == MAP_FAILED)
        return probe_errno(&items[PROBE_USER_NAMESPACE], "no memory to share");
    namespaces_walk(trial);
    step_tell(trial, NAMESPACES_USER, &items[PROBE_USER_NAMESPACE],
              administrator ? "not needed, this process has CAP_SYS_ADMIN" : "as an ordinary user",
              "");
    step_tell(trial, NAMESPACES_PID, &items[PROBE_PID_NAMESPACE], "with pids of its own", "");
    step_tell(trial, NAMESPACES_MOUNT, &items[PROBE_MOUNT_NAMESPACE], "with bind mounts",
              "optional, a restart goes on in the old directory and moves its results: ");
    step_tell(trial, NAMESPACES_TIME, &items[PROBE_TIME_NAMESPACE],
              "keeps CLOCK_MONOTONIC continuous", "optional, ");
    step_tell(trial, NAMESPACES_PROC, &items[PROBE_PROC_MOUNT], "in the new PID namespace",
              "optional, a restarted tree sees the numbers of the host in /proc: ");
    step_tell(trial, NAMESPACES_SET_TID, &items[PROBE_SET_TID], "gives a process the pid it had",
              "");
    munmap(trial, sizeof(*trial));
}
