/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Processes that no checkpoint can take. Looked at before anybody is parked, so that a task does not stand still for
 * a checkpoint that cannot be. */
#include "capture/blame.h"

#include "common/cleanup.h"
#include "common/elf.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By their names below /proc/PID/ns. What a process's children get counts: its own PID and time namespaces cannot
 * change while it lives. */
static const struct {
    const char *file, *name;
} kinds[NAMESPACES] = {
    {"user", "user"}, {"mnt", "mount"}, {"pid_for_children", "PID"},   {"net", "network"},
    {"ipc", "IPC"},   {"uts", "UTS"},   {"time_for_children", "time"},
};

void namespaces_read(pid_t pid, struct namespaces *ret)
{
    char path[64];
    struct stat status;

    snprintf(path, sizeof(path), "/proc/%d/ns", (int)pid);
    cleanup_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < NAMESPACES; i++) {
        bool seen = dir >= 0 && fstatat(dir, kinds[i].file, &status, 0) == 0;
        ret->ids[i] = seen ? status.st_ino : 0;
    }
}

static const char *other_namespace(pid_t pid, const struct namespaces *ours)
{
    struct namespaces its;

    namespaces_read(pid, &its);
    for (int i = 0; i < NAMESPACES; i++) {
        if (its.ids[i] != 0 && ours->ids[i] != 0 && its.ids[i] != ours->ids[i])
            return kinds[i].name;
    }
    return NULL;
}

bool process_blame(const struct tree_process *process, const struct namespaces *ours,
                   char reason[BLAME_SIZE])
{
    struct tree_process tracer;
    const char *other;

    if (process->tracer != 0) {
        bool known = tree_process_read(process->tracer, &tracer) == 0;
        snprintf(reason, BLAME_SIZE, "is traced by process %d (%s)", (int)process->tracer,
                 known ? tracer.name : "-");
        return true;
    }
    if (process->seccomp_mode == SECCOMP_MODE_STRICT) {
        snprintf(reason, BLAME_SIZE, "is in seccomp's strict mode, in which nothing can be asked");
        return true;
    }
    if ((other = other_namespace(process->task, ours)) != NULL) {
        snprintf(reason, BLAME_SIZE, "is in a %s namespace of its own", other);
        return true;
    }
    return false;
}

/* The loader takes no library into a program that runs with more than its caller has. */
static bool is_privileged(const struct tree_process *process)
{
    uid_t we = geteuid();

    if (process->uid != process->effective_uid || process->gid != process->effective_gid)
        return true;
    return we != 0 && (process->uid != we || process->capabilities != 0);
}

static bool maps_hold_library(pid_t outer)
{
    char path[64], *line = NULL;
    size_t room = 0;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)outer);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && getline(&line, &room, file) > 0)
        found = strstr(line, "/libckpt.so") != NULL;
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

bool stranger_blame(const struct tree_process *process, char reason[BLAME_SIZE])
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)process->task);
    enum elf_kind kind = elf_kind_of(path);
    const char *why = kind == ELF_STATIC   ? "is statically linked"
                      : kind == ELF_32_BIT ? "is a 32-bit program"
                      : is_privileged(process) && !maps_hold_library(process->task)
                          ? "runs with other privileges (set-user-ID, sudo or file capabilities), "
                            "which keep the checkpoint library out"
                          : NULL;
    if (why != NULL) {
        snprintf(reason, BLAME_SIZE, "%s", why);
        return true;
    }
    snprintf(reason, BLAME_SIZE, "%s",
             !maps_hold_library(process->task) ? "runs without the checkpoint library"
             : process->seccomp_mode != 0
                 ? "has no checkpoint thread: seccomp filters it started under or shares among its "
                   "threads may forbid it"
                 : "has no checkpoint thread");
    return false;
}
