/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * System V semaphores, message queues and shared memory that the tree works with, as far as the kernel tells: it knows
 * who has used an object last, and of shared memory and queues that is in /proc/sysvipc. */
#include "supervisor/host_objects.h"

#include "common/log.h"

#include <stdio.h>
#include <sys/sem.h>

#define SEMAPHORES_MAX 32000 /* in one set: SEMMSL */

/* One row of a table below /proc/sysvipc: the object and who has used it. */
struct row {
    int id;
    long users[2];
};

static bool semaphores_parse(const char *line, const struct process_tree *tree, struct row *ret)
{
    unsigned count;

    if (sscanf(line, "%*d %d %*o %u", &ret->id, &count) != 2 || count > SEMAPHORES_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        int pid = semctl(ret->id, (int)i, GETPID);
        ret->users[0] = ret->users[1] = pid;
        if (pid > 0 && process_tree_find(tree, pid) != NULL)
            return true;
    }
    return false;
}

static bool queue_parse(const char *line, const struct process_tree *tree, struct row *ret)
{
    (void)tree;
    return sscanf(line, "%*d %d %*o %*u %*u %ld %ld", &ret->id, &ret->users[0], &ret->users[1]) ==
           3;
}

static bool memory_parse(const char *line, const struct process_tree *tree, struct row *ret)
{
    long attached;

    (void)tree;
    /* What nobody is attached to may be from long ago, and the pids those of others by now. */
    return sscanf(line, "%*d %d %*o %*u %ld %ld %ld", &ret->id, &ret->users[0], &ret->users[1],
                  &attached) == 4 &&
           attached > 0;
}

static const struct {
    const char *path, *what;
    bool (*parse)(const char *line, const struct process_tree *tree, struct row *ret);
} tables[SYSTEM_V_KINDS] = {
    {"/proc/sysvipc/sem", "semaphores", semaphores_parse},
    {"/proc/sysvipc/msg", "message queue", queue_parse},
    {"/proc/sysvipc/shm", "shared memory", memory_parse},
};

static const struct tree_process *user_find(const struct process_tree *tree, const struct row *row)
{
    for (int i = 0; i < 2; i++) {
        const struct tree_process *user =
            row->users[i] > 0 ? process_tree_find(tree, (pid_t)row->users[i]) : NULL;
        if (user != NULL)
            return user;
    }
    return NULL;
}

bool host_objects_warn(const struct process_tree *tree, const struct tree_image *image,
                       struct status *status)
{
    char line[512], text[256];
    bool found = false;

    for (size_t i = 0; !found && i < sizeof(tables) / sizeof(tables[0]); i++) {
        FILE *file = fopen(tables[i].path, "re");
        while (!found && file != NULL && fgets(line, sizeof(line), file) != NULL) {
            struct row row = {0};
            const struct tree_process *user =
                tables[i].parse(line, tree, &row) ? user_find(tree, &row) : NULL;
            if (user == NULL || tree_image_system_v(image, (enum system_v_kind)i, row.id) != NULL)
                continue;
            found = true;
            snprintf(text, sizeof(text),
                     "process %d (%s) uses System V %s %d, which belongs to the host: a restart "
                     "finds it as it is then",
                     (int)user->inner, user->name, tables[i].what, row.id);
            ckpt_warn("%s", text);
            status_add_warning(status, text);
        }
        if (file != NULL)
            fclose(file);
    }
    return found;
}
