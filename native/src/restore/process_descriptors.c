/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors of a process: those of the stand-in at the numbers that they had, what is about a process when all are
 * there, and what a description does for one process only. */
#include "restore/assembly.h"

#include "objects/epoll.h"
#include "objects/lock.h"
#include "objects/object.h"
#include "objects/signal_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void descriptor_place(const struct assembly *assembly, int from,
                             const struct image_descriptor *to)
{
    if (dup3(from, to->fd, to->close_on_exec ? O_CLOEXEC : 0) < 0)
        FAIL_ERRNO(assembly, "put descriptor %d in place", to->fd);
}

/* A number that no process has: the one that the helper in making this process would have had. */
static pid_t spare_number(const struct assembly *assembly)
{
    const struct restore_plan *plan = &assembly->restore->plan;
    pid_t number = plan->spare;

    for (size_t i = 0; plan->nodes[i].process != assembly->process; i++)
        number--;
    return number;
}

/* A new descriptor, or -1: the stand-in has opened it already. */
static int about_process_open(const struct assembly *assembly,
                              const struct image_description *description)
{
    struct ckpt_error err = {0};
    int fd = -ENOENT;

    if (description->kind == DESCRIPTION_PIDFD)
        fd = pidfd_open_again(description, spare_number(assembly), &err);
    else if (description->kind == DESCRIPTION_PROC)
        fd = proc_file_open_again(description, spare_number(assembly), &err);
    if (fd < 0 && err.code != 0)
        assembly_fail(assembly, &err);
    return fd < 0 ? -1 : fd;
}

/* What is about a process can be opened only now that all are there. */
static void about_processes_place(const struct assembly *assembly)
{
    const struct image_process *process = assembly->process;

    for (size_t i = 0; i < process->descriptor_count; i++) {
        const struct image_descriptor *descriptor = &process->descriptors[i];
        size_t first = 0;
        while (process->descriptors[first].description != descriptor->description)
            first++;
        const struct image_description *description =
            &assembly->restore->tree->descriptions[descriptor->description];
        bool about =
            description->kind == DESCRIPTION_PIDFD || description->kind == DESCRIPTION_PROC;
        if (about && first < i) {
            descriptor_place(assembly, process->descriptors[first].fd, descriptor);
            continue;
        }
        int fd = about_process_open(assembly, description);
        if (fd < 0)
            continue;
        descriptor_place(assembly, fd, descriptor);
        close(fd);
    }
}

static void descriptors_place(const struct assembly *assembly)
{
    const struct image_process *process = assembly->process;

    syscall(SYS_close_range, 0, (unsigned)assembly->restore->base - 1, 0);
    for (size_t i = 0; i < process->descriptor_count; i++) {
        const struct image_descriptor *descriptor = &process->descriptors[i];
        descriptor_place(assembly, assembly->restore->opened[descriptor->description], descriptor);
    }
    about_processes_place(assembly);
    /* Closing them later would give up the POSIX locks of their files. */
    for (size_t i = 0; i < assembly->restore->tree->description_count; i++)
        close(assembly->restore->opened[i]);
}

static bool is_first_holder(const struct assembly *assembly, int description)
{
    const struct tree_image *tree = assembly->restore->tree;

    for (size_t i = 0; &tree->processes[i] != assembly->process; i++) {
        for (size_t j = 0; j < tree->processes[i].descriptor_count; j++) {
            if (tree->processes[i].descriptors[j].description == description)
                return false;
        }
    }
    return true;
}

/* What a description does for one process: somebody has to ask for it, once. */
static void signals_claim(const struct assembly *assembly)
{
    const struct image_process *process = assembly->process;
    const struct tree_image *tree = assembly->restore->tree;
    struct ckpt_error err;

    for (size_t i = 0; i < process->descriptor_count; i++) {
        const struct image_descriptor *at = &process->descriptors[i];
        const struct image_description *description = &tree->descriptions[at->description];
        bool signals = description->owner != 0 || description->signal != 0 ||
                       (description->flags & O_ASYNC) != 0;
        if ((!signals && tree->lock_count == 0) || !is_first_holder(assembly, at->description))
            continue;
        if (lease_restore(tree, at->description, at->fd, &err) < 0 ||
            (signals && signal_io_restore(description, at->fd, &err) < 0))
            assembly_fail(assembly, &err);
    }
}

/* Whoever comes first registers; for the others the entries are there already. */
static void epolls_fill(const struct assembly *assembly)
{
    const struct image_process *process = assembly->process;
    struct ckpt_error err;

    for (size_t i = 0; i < process->descriptor_count; i++) {
        const struct image_descriptor *descriptor = &process->descriptors[i];
        const struct tree_image *tree = assembly->restore->tree;
        const struct image_description *description = &tree->descriptions[descriptor->description];
        if (description->kind == DESCRIPTION_EPOLL &&
            epoll_fill_in_process(tree, process, description, descriptor->fd, &err) < 0)
            assembly_fail(assembly, &err);
    }
}

void assembly_place_descriptors(const struct assembly *assembly)
{
    descriptors_place(assembly);
    epolls_fill(assembly);
    signals_claim(assembly);
}
