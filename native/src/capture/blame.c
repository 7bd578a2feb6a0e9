/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Processes that no checkpoint can take. Looked at before anybody is parked, so that a task does not stand still for
 * a checkpoint that cannot be. */
#include "capture/blame.h"

#include "common/cleanup.h"
#include "common/elf.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By their names below /proc/PID/ns. What a process's children get counts: its own PID and time namespaces cannot
 * change while it lives. */
static const struct {
    const char *file, *name;
} kinds[NAMESPACES] = {
    {"user", "user"}, {"mnt", "mount"}, {"pid_for_children", "PID"},   {"net", "network"},
    {"ipc", "IPC"},   {"uts", "UTS"},   {"time_for_children", "time"},
};

static void namespaces_read(pid_t pid, uint64_t ret[NAMESPACES])
{
    char path[64];
    struct stat status;

    snprintf(path, sizeof(path), "/proc/%d/ns", (int)pid);
    cleanup_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < NAMESPACES; i++) {
        bool seen = dir >= 0 && fstatat(dir, kinds[i].file, &status, 0) == 0;
        ret[i] = seen ? status.st_ino : 0;
    }
}

void surroundings_read(pid_t pid, struct surroundings *ret)
{
    struct tree_process process;

    namespaces_read(pid, ret->namespaces);
    ret->filters = tree_process_read(pid, &process) == 0 ? process.seccomp_filters : 0;
}

static const char *other_namespace(pid_t pid, const struct surroundings *ours)
{
    uint64_t its[NAMESPACES];

    namespaces_read(pid, its);
    for (int i = 0; i < NAMESPACES; i++) {
        if (its[i] != 0 && ours->namespaces[i] != 0 && its[i] != ours->namespaces[i])
            return kinds[i].name;
    }
    return NULL;
}

/* A capsule has mounts of its own, but the same root. */
bool has_own_root(pid_t pid)
{
    char path[64];
    struct stat its, ours;

    snprintf(path, sizeof(path), "/proc/%d/root/.", (int)pid);
    return stat(path, &its) == 0 && stat("/", &ours) == 0 &&
           (its.st_ino != ours.st_ino || its.st_dev != ours.st_dev);
}

/* Filters are each thread's own. */
bool process_is_filtered(const struct tree_process *process, unsigned permitted)
{
    char path[64];
    struct tree_process thread;
    struct dirent *entry;
    bool found = process->seccomp_filters > permitted;

    if (found || process->threads <= 2) /* the other one is ours */
        return found;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)process->outer);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        pid_t tid = (pid_t)atoi(entry->d_name);
        found =
            tid > 0 && tree_process_read(tid, &thread) == 0 && thread.seccomp_filters > permitted;
    }
    return found;
}

/* It is about to end and has given back its descriptors: kcmp(2) finds that two such have the same, namely none. */
static bool has_no_descriptors(pid_t outer)
{
    char path[64], line[128];
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)outer);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = strcmp(line, "FDSize:\t0\n") == 0;
    if (file != NULL)
        fclose(file);
    return file == NULL || found;
}

/* What clone(2) can make a process share with its parent. vfork and posix_spawn share memory for an instant, which is
 * therefore no matter for those who are not connected yet only because they are about to call exec. */
static bool is_shared(const struct tree_process *process, int what)
{
    return process->outer_parent > 0 && !tree_process_lost_main(process) &&
           syscall(SYS_kcmp, process->outer, process->outer_parent, what, 0, 0) == 0 &&
           !has_no_descriptors(process->outer);
}

bool process_blame(const struct tree_process *process, const struct surroundings *ours,
                   unsigned filters_known, char reason[BLAME_SIZE])
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
    if (process_is_filtered(process, ours->filters + filters_known)) {
        snprintf(reason, BLAME_SIZE,
                 "is under seccomp filters of its own, which may end it for what we ask of it, or "
                 "cannot be installed again");
        return true;
    }
    if (is_shared(process, KCMP_FILES) || is_shared(process, KCMP_FS)) {
        snprintf(reason, BLAME_SIZE,
                 "shares its descriptors or directories with its parent (clone)");
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

bool maps_mention(pid_t outer, const char *name)
{
    char path[64], *line = NULL;
    size_t room = 0;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)outer);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && getline(&line, &room, file) > 0)
        found = strstr(line, name) != NULL;
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

bool holds_library(const struct tree_process *process)
{
    return maps_mention(process->task, "/libckpt.so");
}

/* A program that was started through the loader by name: its executable needs none. */
static bool is_loader(const char *exe)
{
    char target[4096];
    ssize_t length = readlink(exe, target, sizeof(target) - 1);

    if (length <= 0)
        return false;
    target[length] = 0;
    const char *base = strrchr(target, '/') == NULL ? target : strrchr(target, '/') + 1;
    return strncmp(base, "ld-", 3) == 0 || strncmp(base, "ld.so", 5) == 0 ||
           strcmp(base, "libc.so") == 0; /* musl's is its libc */
}

bool stranger_blame(const struct tree_process *process, char reason[BLAME_SIZE])
{
    char path[64];

    if (has_own_root(process->task)) {
        snprintf(reason, BLAME_SIZE,
                 "has a root directory of its own (chroot), in which it was started or forked");
        return true;
    }
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)process->task);
    enum elf_kind kind = elf_kind_of(path);
    const char *why = kind == ELF_STATIC && !is_loader(path) ? "is statically linked"
                      : kind == ELF_32_BIT                   ? "is a 32-bit program"
                      : is_privileged(process) && !maps_mention(process->task, "/libckpt.so")
                          ? "runs with other privileges (set-user-ID, sudo or file capabilities), "
                            "which keep the checkpoint library out"
                          : NULL;
    if (why != NULL) {
        snprintf(reason, BLAME_SIZE, "%s", why);
        return true;
    }
    snprintf(reason, BLAME_SIZE, "%s",
             process->state == 'D'
                 ? "waits in the kernel, for a device or for a child that shares its memory (vfork)"
             : is_shared(process, KCMP_VM) ? "shares its memory with its parent (vfork or clone)"
             : !maps_mention(process->task, "/libckpt.so") ? "runs without the checkpoint library"
                                                           : "has no checkpoint thread");
    return false;
}
