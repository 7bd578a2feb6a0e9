/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A restart as the supervisor sees it: everything is read and checked first, then the capsule is started, then every
 * process has to connect. */
#include "supervisor/restart.h"

#include "capture/vdso.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"
#include "files/inputs.h"
#include "files/rollback.h"
#include "image/tree_check.h"
#include "objects/limit.h"
#include "objects/posix_queue.h"
#include "objects/proc_half_read.h"
#include "objects/system_v.h"
#include "proc/process_tree.h"
#include "restore/restore.h"
#include "restore/restorer.h"
#include "store/generation.h"
#include "store/verify.h"
#include "supervisor/fit.h"
#include "supervisor/launch.h"
#include "supervisor/warning.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PID_MAX_FALLBACK    32768
#define RESTORE_DEADLINE_MS (30 * 60 * 1000) /* terabytes from a slow disk */

static pid_t pid_max_read(void)
{
    char *text = NULL;
    pid_t max = PID_MAX_FALLBACK;
    FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
    size_t room = 0;

    if (file != NULL && getline(&text, &room, file) > 0)
        max = atoi(text);
    free(text);
    if (file != NULL)
        fclose(file);
    return max;
}

int restart_prepare(struct store *store, unsigned generation, struct restart_plan *ret,
                    struct ckpt_error *err)
{
    struct restart_plan plan = {.generation = generation, .dirfd = -1};

    /* Each process of the tree begins as a copy of this one: the heaps of threads, 64 MiB of addresses each, would count
     * against its limit of them. */
    mallopt(M_ARENA_MAX, 1);
    int error = manifest_read(store, generation, &plan.manifest, err);

    /* First what costs nothing: gigabytes are read to verify. */
    if (error == 0)
        error = fit_check(store, &plan.manifest, NULL, err);
    manifest_free(&plan.manifest);
    if (error == 0)
        error = generation_verify(store, generation, &plan.manifest, err);
    if (error == 0)
        error = generation_open(store, generation, &plan.dirfd, err);
    if (error == 0 && plan.manifest.host.vdso != vdso_checksum())
        ckpt_info("generation %u was taken on '%s' under kernel %s, whose vDSO differs; calls into "
                  "it are led to this kernel's",
                  generation, plan.manifest.host.name, plan.manifest.host.kernel);
    if (error == 0)
        error = tree_image_read(&plan.tree, plan.dirfd, err);
    if (error == 0)
        error = tree_image_check_processes(&plan.tree, plan.dirfd, err);
    if (error == 0)
        error = catalog_read(&plan.catalog, plan.dirfd, err);
    if (error == 0)
        error = catalog_check_contents(&plan.catalog, &plan.manifest, err);
    if (error == 0)
        error = inputs_check(&plan.catalog, plan.manifest.workdir, err);
    if (error < 0)
        restart_plan_free(&plan);
    else
        *ret = plan;
    return error;
}

void restart_plan_free(struct restart_plan *plan)
{
    if (plan->dirfd >= 0)
        close(plan->dirfd);
    plan->dirfd = -1;
    manifest_free(&plan->manifest);
    tree_image_free(&plan->tree);
    catalog_free(&plan->catalog);
}

static int64_t clock_shift(clockid_t clock, uint64_t then)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)then - ((int64_t)now.tv_sec * 1000000000LL + now.tv_nsec);
}

static const char *step_name(int step)
{
    static const char *const names[] = {
        [RESTORER_MOVE] = "move the vDSO",     [RESTORER_UNMAP] = "drop the old memory",
        [RESTORER_MAP] = "map memory",         [RESTORER_READ] = "read pages",
        [RESTORER_PROTECT] = "protect memory", [RESTORER_LAYOUT] = "set the memory layout",
        [RESTORER_THREAD] = "make a thread",   [RESTORER_SEAL] = "seal memory",
        [RESTORER_LOCK] = "lock a file again",
    };

    return step >= RESTORER_MOVE && step <= RESTORER_LOCK ? names[step] : "restore";
}

/* What a process of the capsule says when it cannot go on; false: nothing yet. The terminal may come before. */
static bool report_read(int fd, int *ret_terminal, struct status *status, struct ckpt_error *err)
{
    union {
        struct ckpt_error err;
        struct restorer_failure failure;
    } report;
    int got;

    while ((got = restore_receive(fd, &report, sizeof(report), ret_terminal)) == 1)
        continue;
    if (got == sizeof(report.err) && report.err.code == 0) {
        report.err.message[sizeof(report.err.message) - 1] = 0;
        warn_on_record(status, "%s", report.err.message);
        return report_read(fd, ret_terminal, status, err);
    }
    if (got == sizeof(report.err) && err != NULL) {
        *err = report.err;
        err->message[sizeof(err->message) - 1] = 0;
    } else if (got == sizeof(report.failure)) {
        ckpt_error_set(err, (int)-report.failure.error, "process %d: %s at 0x%llx: %s",
                       report.failure.pid, step_name(report.failure.step),
                       (unsigned long long)report.failure.address,
                       strerror((int)-report.failure.error));
    }
    return got > 0;
}

static size_t live_count(const struct tree_image *tree)
{
    size_t live = 0;

    for (size_t i = 0; i < tree->process_count; i++)
        live += !tree->processes[i].zombie;
    return live;
}

static int members_await(struct coordinator *coordinator, const struct tree_image *tree, int report,
                         int *ret_terminal, struct ckpt_error *err)
{
    uint64_t deadline = clock_monotonic_ms() + RESTORE_DEADLINE_MS;

    while (coordinator_count(coordinator, WIRE_KIND_PROCESS, MEMBER_RESTORED) < live_count(tree)) {
        if (report_read(report, ret_terminal, coordinator->status, err))
            return -EIO;
        if (coordinator->capsule_outer == 0) /* reaped in the event loop */
            return ckpt_error_set(err, ECHILD, "the capsule ended while the tree was rebuilt");
        if (clock_monotonic_ms() > deadline)
            return ckpt_error_set(err, ETIMEDOUT, "the tree was not rebuilt in time");
        coordinator_pump(coordinator, 20);
    }
    report_read(report, ret_terminal, coordinator->status, NULL); /* the last warnings */
    return 0;
}

/* The outer pids of the stand-in and the root. */
static int capsule_identify(struct coordinator *coordinator, const struct tree_image *tree,
                            struct ckpt_error *err)
{
    struct process_tree processes = {0};
    int error = process_tree_read(coordinator->capsule_outer, 1, &processes, err);

    coordinator->stand_in = 0;
    for (size_t i = 0; error == 0 && i < processes.count; i++) {
        if (processes.processes[i].inner == tree->parent)
            coordinator->stand_in = processes.processes[i].outer;
        if (processes.processes[i].inner == tree->root)
            coordinator->root_outer = processes.processes[i].outer;
    }
    process_tree_free(&processes);
    if (error == 0 && coordinator->stand_in == 0)
        error = ckpt_error_set(err, ESRCH, "the capsule has lost its stand-in");
    return error;
}

static void coordinator_fill(struct coordinator *coordinator, const struct tree_image *tree)
{
    coordinator->mode = TREE_CAPSULE;
    coordinator->parent = tree->parent;
    coordinator->session = tree->session;
    coordinator->root_inner = tree->root;
    coordinator->monotonic_shift_ns = clock_shift(CLOCK_MONOTONIC, tree->monotonic_ns);
    coordinator->boottime_shift_ns = clock_shift(CLOCK_BOOTTIME, tree->boottime_ns);
}

/* The descriptors here are above the standard ones and close-on-exec; the capsule inherits them by fork. */
static int capsule_run(struct coordinator *coordinator, struct output *output,
                       const struct restart_plan *plan, const struct namespaces_means *means,
                       const char *place, int report[2], int status_end, struct ckpt_error *err)
{
    char library[PATH_MAX];
    struct restore restore = {
        .tree = &plan->tree,
        .library = library,
        .dirfd = plan->dirfd,
        .report_fd = report[1],
        .status_fd = status_end,
        .input = STDIN_FILENO,
        .output = output->out.write_end,
        .error = output_error_end(output),
    };
    struct capsule_spec spec = {
        .restore = &restore,
        .means = *means,
        .place = place,
        .workdir = plan->manifest.workdir,
        .monotonic_shift_ns = coordinator->monotonic_shift_ns,
        .boottime_shift_ns = coordinator->boottime_shift_ns,
    };

    if (launch_library(library, sizeof(library), err) < 0)
        return -ENOENT;
    int error = limits_read(getpid(), restore.limits);
    if (error == 0)
        error = oom_score_read(getpid(), &restore.oom_score_adj);
    if (error < 0)
        return ckpt_error_set(err, -error, "read our own limits: %s", strerror(-error));
    error = restore_plan_make(&plan->tree, pid_max_read(), &restore.plan, err);
    if (error == 0)
        error = mount_point_make(&coordinator->mount_point, spec.workdir, err);
    posix_queues_clear(&plan->tree);
    if (error == 0)
        error = capsule_start(&spec, &coordinator->capsule_outer, err);
    restore_plan_free(&restore.plan);
    return error;
}

/* Once the memory of everybody is back. */
static void half_read_files_settle(struct coordinator *coordinator, const struct tree_image *tree)
{
    for (size_t i = 0; i < tree->process_count; i++) {
        const struct image_process *process = &tree->processes[i];
        for (size_t j = 0; j < process->descriptor_count; j++) {
            const struct image_description *description =
                &tree->descriptions[process->descriptors[j].description];
            struct member *member =
                half_read_was(description)
                    ? coordinator_member_inner(coordinator, process->pid, WIRE_KIND_PROCESS)
                    : NULL;
            if (member == NULL)
                continue;
            cleanup_fd int fd = seen_duplicate(&(struct seen_descriptor){
                .outer = member->outer, .fd = process->descriptors[j].fd});
            int error = fd < 0 ? -errno : half_read_settle(fd, description);
            if (error < 0)
                ckpt_info("'%s' is not read on where it was: %s", description->path,
                          strerror(-error));
        }
    }
}

int restart_tree(struct coordinator *coordinator, struct output *output,
                 const struct restart_plan *plan, const struct namespaces_means *means,
                 const char *place, int *ret_status_fd, struct ckpt_error *err)
{
    int report[2], status[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0)
        return ckpt_error_errno(err, "make a socket pair");
    cleanup_fd int report_end = report[0];
    cleanup_fd int capsule_end = report[1];
    if (pipe2(status, O_CLOEXEC) < 0)
        return ckpt_error_errno(err, "make a pipe");
    cleanup_fd int status_end = status[0];
    cleanup_fd int status_write = status[1];
    cleanup_fd int terminal = -1;
    coordinator_fill(coordinator, &plan->tree);
    coordinator->proc_is_hosts = !means->proc;
    int error = capsule_run(coordinator, output, plan, means, place, report, status_write, err);
    if (error == 0)
        error = members_await(coordinator, &plan->tree, report_end, &terminal, err);
    if (error == 0)
        error = system_v_settle(&plan->tree, coordinator->capsule_outer, err);
    if (error == 0)
        half_read_files_settle(coordinator, &plan->tree);
    if (error == 0)
        error = capsule_identify(coordinator, &plan->tree, err);
    if (error == 0 && terminal >= 0)
        error = output_terminal_attach(output, coordinator, steal_fd(&terminal), err);
    if (error < 0) {
        restart_undo(coordinator);
        return error;
    }
    output_handed_over(output);
    *ret_status_fd = steal_fd(&status_end);
    return 0;
}

/* Whether a process of the tree that has the file open can be looked into. */
static bool description_stat(struct coordinator *coordinator, const struct image_process *process,
                             int description, struct stat *ret)
{
    char path[64];
    struct member *member = coordinator_member_inner(coordinator, process->pid, WIRE_KIND_PROCESS);

    for (size_t i = 0; member != NULL && i < process->descriptor_count; i++) {
        if (process->descriptors[i].description != description)
            continue;
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)member->outer,
                 process->descriptors[i].fd);
        return stat(path, ret) == 0;
    }
    return false;
}

int restart_numbers(struct coordinator *coordinator, const struct tree_image *tree,
                    struct numbers_list *ret, struct ckpt_error *err)
{
    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *file = &tree->descriptions[i];
        bool found = false;
        struct stat status;
        for (size_t j = 0; file->kind == DESCRIPTION_DELETED && !found && j < tree->process_count;
             j++)
            found = description_stat(coordinator, &tree->processes[j], (int)i, &status);
        struct numbers_pair pair = {.known = {file->known_device, file->known_inode}};
        if (found)
            pair.real = (struct file_number){status.st_dev, status.st_ino};
        if (found && numbers_add(ret, &pair) < 0)
            return ckpt_error_set(err, ENOMEM, "no memory");
    }
    return 0;
}

void restart_undo(struct coordinator *coordinator)
{
    if (coordinator->capsule_outer > 0) {
        kill(coordinator->capsule_outer, SIGKILL);
        waitpid(coordinator->capsule_outer, NULL, 0);
    }
    coordinator->capsule_outer = 0;
    /* Their connections end with them. */
    while (coordinator->members != NULL)
        coordinator_pump(coordinator, 20);
}

int restart_root_status(int fd)
{
    int status;

    return read_full(fd, &status, sizeof(status)) == sizeof(status) ? status : -1;
}
