/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Whether the capsule has the user and the group that a process ran as. One made by an ordinary user has only that
 * user's. The library sets the ids, thread by thread (preload/thread_credentials.c). */
#include "restore/restore.h"

#include <errno.h>
#include <stdio.h>

static bool is_mapped(const char *map, unsigned id)
{
    unsigned first, outside, count;
    bool found = false;
    FILE *file = fopen(map, "re");

    while (file != NULL && !found && fscanf(file, "%u %u %u", &first, &outside, &count) == 3)
        found = id >= first && id - first < count;
    if (file != NULL)
        fclose(file);
    return found;
}

int identity_check(const struct image_process *process, struct ckpt_error *err)
{
    if (!is_mapped("/proc/self/uid_map", process->uid))
        return ckpt_error_set(err, EPERM, "it ran as user %u, whom the restart does not have",
                              process->uid);
    if (!is_mapped("/proc/self/gid_map", process->gid))
        return ckpt_error_set(err, EPERM, "it ran in group %u, which the restart does not have",
                              process->gid);
    return 0;
}
