/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Walks /proc/PID/task/TID/children. While the tree is parked nothing in it can fork, so a walk that finds nobody
 * unknown has found everybody. */
#include "proc/process_tree.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The text after "NAME:" in a /proc/PID/status, or NULL. */
static const char *status_field(const char *status, const char *name)
{
    const char *at = strstr(status, name);

    return at == NULL ? NULL : at + strlen(name);
}

/* The last number on the line: ids are listed from our namespace to the innermost. */
static pid_t last_number(const char *line)
{
    long number = 0;

    while (line != NULL && *line != 0 && *line != '\n') {
        char *end;
        long next = strtol(line, &end, 10);
        if (end == line)
            break;
        number = next;
        line = end;
    }
    return (pid_t)number;
}

static unsigned long first_number(const char *line, int base)
{
    return line == NULL ? 0 : strtoul(line, NULL, base);
}

int tree_process_read(pid_t outer, struct tree_process *ret)
{
    char path[64], buffer[8192];
    const char *field;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)outer);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -ESRCH;
    ssize_t got = read_full(fd, buffer, sizeof(buffer) - 1);
    if (got <= 0)
        return -ESRCH;
    buffer[got] = 0;
    memset(ret, 0, sizeof(*ret));
    ret->outer = ret->task = outer;
    ret->outer_parent = (pid_t)first_number(status_field(buffer, "\nPPid:"), 10);
    ret->inner = last_number(status_field(buffer, "\nNSpid:"));
    ret->outer_group = (pid_t)first_number(status_field(buffer, "\nNSpgid:"), 10);
    ret->inner_group = last_number(status_field(buffer, "\nNSpgid:"));
    ret->inner_session = last_number(status_field(buffer, "\nNSsid:"));
    ret->threads = (unsigned)first_number(status_field(buffer, "\nThreads:"), 10);
    ret->umask = (unsigned)first_number(status_field(buffer, "\nUmask:"), 8);
    ret->resident_bytes = first_number(status_field(buffer, "\nVmRSS:"), 10) * 1024;
    ret->own_blocked = first_number(status_field(buffer, "\nSigBlk:"), 16);
    ret->own_pending = first_number(status_field(buffer, "\nSigPnd:"), 16);
    ret->pending = ret->own_pending | first_number(status_field(buffer, "\nShdPnd:"), 16);
    ret->tracer = (pid_t)first_number(status_field(buffer, "\nTracerPid:"), 10);
    ret->capabilities = first_number(status_field(buffer, "\nCapPrm:"), 16);
    ret->seccomp_mode = (unsigned)first_number(status_field(buffer, "\nSeccomp:"), 10);
    ret->seccomp_filters = (unsigned)first_number(status_field(buffer, "\nSeccomp_filters:"), 10);
    if (ret->seccomp_filters == 0 && ret->seccomp_mode != 0)
        ret->seccomp_filters = 1;
    if ((field = status_field(buffer, "\nUid:")) != NULL)
        sscanf(field, "%u %u", &ret->uid, &ret->effective_uid);
    if ((field = status_field(buffer, "\nGid:")) != NULL)
        sscanf(field, "%u %u", &ret->gid, &ret->effective_gid);
    if ((field = status_field(buffer, "\nState:")) != NULL)
        ret->state = field[strspn(field, " \t")];
    if ((field = status_field(buffer, "Name:\t")) != NULL)
        snprintf(ret->name, sizeof(ret->name), "%.*s", (int)strcspn(field, "\n"), field);
    return 0;
}

bool tree_process_lost_main(const struct tree_process *process)
{
    return process->state == 'Z' && process->threads > 1;
}

bool tree_process_is_dead(const struct tree_process *process)
{
    return process->state == 'X' || (process->state == 'Z' && process->threads <= 1);
}

int tree_process_look_at(struct tree_process *process, pid_t inner)
{
    char path[64];
    struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)process->outer);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct tree_process thread;
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            tree_process_read((pid_t)atoi(entry->d_name), &thread) < 0 || thread.inner != inner)
            continue;
        process->task = thread.outer;
        process->umask = thread.umask;
        process->resident_bytes = thread.resident_bytes;
        return 0;
    }
    return -ESRCH;
}

static int tree_add(struct process_tree *tree, pid_t outer)
{
    struct tree_process *added =
        array_add(&tree->processes, &tree->count, sizeof(*tree->processes));

    if (added == NULL)
        return -ENOMEM;
    if (tree_process_read(outer, added) < 0)
        tree->count--; /* it has ended meanwhile */
    return 0;
}

static struct process_tree strangers;

static int children_add(struct process_tree *tree, pid_t parent, const char *thread)
{
    char path[320];
    long child;
    int error = 0;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)parent, thread);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    while (error == 0 && fscanf(file, "%ld", &child) == 1) {
        if (parent != getpid() || process_tree_find(&strangers, (pid_t)child) == NULL)
            error = tree_add(tree, (pid_t)child);
    }
    fclose(file);
    return error;
}

static int process_children_add(struct process_tree *tree, pid_t parent)
{
    char path[64];
    struct dirent *entry;
    int error = 0;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)parent);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && error == 0 && (entry = readdir(dir)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]))
            error = children_add(tree, parent, entry->d_name);
    }
    return error;
}

int process_tree_read(pid_t top, int with_top, struct process_tree *ret, struct ckpt_error *err)
{
    struct process_tree tree = {0};
    int error = with_top ? tree_add(&tree, top) : process_children_add(&tree, top);

    for (size_t i = 0; error == 0 && i < tree.count; i++)
        error = process_children_add(&tree, tree.processes[i].outer);
    if (error < 0) {
        process_tree_free(&tree);
        return ckpt_error_set(err, -error, "list the processes below %d: %s", (int)top,
                              strerror(-error));
    }
    *ret = tree;
    return 0;
}

bool process_tree_is_childless(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) < 0 &&
           errno == ECHILD;
}

int process_tree_note_strangers(struct ckpt_error *err)
{
    if (process_tree_is_childless())
        return 0;
    return process_tree_read(getpid(), 0, &strangers, err);
}

void process_tree_free(struct process_tree *tree)
{
    free(tree->processes);
    memset(tree, 0, sizeof(*tree));
}

const struct tree_process *process_tree_find(const struct process_tree *tree, pid_t outer)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->processes[i].outer == outer)
            return &tree->processes[i];
    }
    return NULL;
}

/* Seconds since 1970, give or take one; 0: it cannot be told. */
static long process_started_at(pid_t pid)
{
    unsigned long long ticks;
    struct timespec since_boot, now;
    cleanup_free char *text = NULL;

    if (proc_text_read(pid, "stat", &text) < 0)
        return 0;
    /* The 22nd field; the second ends with the last parenthesis. */
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL || sscanf(at, "%llu", &ticks) != 1)
        return 0;
    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec - since_boot.tv_sec + (long)ticks / sysconf(_SC_CLK_TCK);
}

const struct tree_process *process_tree_find_then(const struct process_tree *tree, long outer,
                                                  long moment)
{
    const struct tree_process *found = outer > 0 ? process_tree_find(tree, (pid_t)outer) : NULL;

    return found != NULL && process_started_at(found->outer) <= moment + 1 ? found : NULL;
}
