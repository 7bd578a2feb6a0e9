/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "objects/system_v_rows.h"

#include <sys/sem.h>

#define SEMAPHORES_MAX 32000 /* in one set: SEMMSL */

FILE *system_v_table(enum system_v_kind kind)
{
    static const char *const paths[SYSTEM_V_KINDS] = {
        [SYSTEM_V_SEMAPHORES] = "/proc/sysvipc/sem",
        [SYSTEM_V_QUEUE] = "/proc/sysvipc/msg",
        [SYSTEM_V_SEGMENT] = "/proc/sysvipc/shm",
    };

    return fopen(paths[kind], "re");
}

static long latest(const long times[3])
{
    long last = times[0] > times[1] ? times[0] : times[1];

    return last > times[2] ? last : times[2];
}

bool system_v_row_parse(const char *line, enum system_v_kind kind, struct system_v_row *ret)
{
    long times[3] = {0};
    bool parsed;

    *ret = (struct system_v_row){.kind = kind};
    switch (kind) {
    case SYSTEM_V_SEMAPHORES:
        parsed = sscanf(line, "%d %d %*o %u %*u %*u %u %*u %ld %ld", &ret->key, &ret->id,
                        &ret->count, &ret->creator_uid, &times[0], &times[1]) == 6 &&
                 ret->count <= SEMAPHORES_MAX;
        break;
    case SYSTEM_V_QUEUE:
        parsed = sscanf(line, "%d %d %*o %*u %*u %ld %ld %*u %*u %u %*u %ld %ld %ld", &ret->key,
                        &ret->id, &ret->users[0], &ret->users[1], &ret->creator_uid, &times[0],
                        &times[1], &times[2]) == 8;
        break;
    default:
        parsed = sscanf(line, "%d %d %*o %*u %ld %ld %*u %*u %*u %u %*u %ld %ld %ld", &ret->key,
                        &ret->id, &ret->creator, &ret->users[1], &ret->creator_uid, &times[0],
                        &times[1], &times[2]) == 8;
    }
    ret->used = latest(times);
    return parsed;
}

const struct tree_process *system_v_creator(const struct system_v_row *row,
                                            const struct process_tree *processes)
{
    return process_tree_find_then(processes, row->creator, row->used);
}

const struct tree_process *system_v_last_user(const struct system_v_row *row,
                                              const struct process_tree *processes)
{
    const struct tree_process *user = NULL;

    for (int i = 0; user == NULL && i < 2; i++)
        user = process_tree_find_then(processes, row->users[i], row->used);
    for (unsigned i = 0; user == NULL && i < row->count; i++)
        user = process_tree_find_then(processes, semctl(row->id, (int)i, GETPID), row->used);
    return user;
}
