/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * System V semaphores, message queues and shared memory that the tree works with, as far as the kernel tells: it knows
 * who has used an object last, and of shared memory and queues that is in /proc/sysvipc. That stays there when the
 * process has ended; so whoever bears its pid now counts only if the object has been used since they began. */
#include "supervisor/host_objects.h"

#include "common/log.h"
#include "common/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#define SEMAPHORES_MAX 32000 /* in one set: SEMMSL */

/* One row of a table below /proc/sysvipc: the object, who has used it, and when. */
struct row {
    int id;
    long users[2];
    long times[3]; /* seconds since 1970, or 0 */
};

static bool semaphores_parse(const char *line, const struct process_tree *tree, struct row *ret)
{
    unsigned count;

    if (sscanf(line, "%*d %d %*o %u %*u %*u %*u %*u %ld %ld", &ret->id, &count, &ret->times[0],
               &ret->times[1]) != 4 ||
        count > SEMAPHORES_MAX)
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
    return sscanf(line, "%*d %d %*o %*u %*u %ld %ld %*u %*u %*u %*u %ld %ld %ld", &ret->id,
                  &ret->users[0], &ret->users[1], &ret->times[0], &ret->times[1],
                  &ret->times[2]) == 6;
}

static bool memory_parse(const char *line, const struct process_tree *tree, struct row *ret)
{
    (void)tree;
    return sscanf(line, "%*d %d %*o %*u %ld %ld %*u %*u %*u %*u %*u %ld %ld %ld", &ret->id,
                  &ret->users[0], &ret->users[1], &ret->times[0], &ret->times[1],
                  &ret->times[2]) == 6;
}

static const struct {
    const char *path, *what;
    bool (*parse)(const char *line, const struct process_tree *tree, struct row *ret);
} tables[SYSTEM_V_KINDS] = {
    {"/proc/sysvipc/sem", "semaphores", semaphores_parse},
    {"/proc/sysvipc/msg", "message queue", queue_parse},
    {"/proc/sysvipc/shm", "shared memory", memory_parse},
};

/* Seconds since 1970; 0: it cannot be told, or has ended. */
static long started_at(pid_t pid)
{
    char *text;
    unsigned long long ticks = 0;
    struct timespec since_boot, now;

    if (proc_text_read(pid, "stat", &text) < 0)
        return 0;
    /* The 22nd field; the second ends with the last parenthesis. */
    const char *at = strrchr(text, ')');
    if (at == NULL ||
        sscanf(at,
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &ticks) != 1)
        ticks = 0;
    free(text);
    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    clock_gettime(CLOCK_REALTIME, &now);
    return ticks == 0 ? 0
                      : (long)(now.tv_sec - since_boot.tv_sec) +
                            (long)(ticks / (unsigned long long)sysconf(_SC_CLK_TCK));
}

/* Give or take the second to which all this is cut off. */
static bool is_used_since(const struct row *row, long moment)
{
    for (size_t i = 0; i < sizeof(row->times) / sizeof(row->times[0]); i++) {
        if (row->times[i] + 1 >= moment)
            return true;
    }
    return false;
}

static const struct tree_process *user_find(const struct process_tree *tree, const struct row *row)
{
    for (int i = 0; i < 2; i++) {
        const struct tree_process *user =
            row->users[i] > 0 ? process_tree_find(tree, (pid_t)row->users[i]) : NULL;
        if (user != NULL && is_used_since(row, started_at(user->outer)))
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
