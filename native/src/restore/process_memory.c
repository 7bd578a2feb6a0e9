/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory of a process: where the restorer works from, what it maps where, and what is read before this program is gone. */
#include "restore/assembly.h"

#include "common/cleanup.h"
#include "restore/early.h"
#include "restore/layout.h"
#include "restore/special.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#define PAGE     4096ULL
#define TASK_END 0x7ffffffff000ULL
#define ADVICE                                                                                     \
    (VMA_HUGE_PAGES | VMA_NO_HUGE_PAGES | VMA_MERGEABLE | VMA_DONT_DUMP | VMA_SEQUENTIAL |         \
     VMA_RANDOM | VMA_SEALED)

/* Our library lies where we do, also when that has been moved since the checkpoint. */
static int library_open(const struct assembly *assembly, const char *path, int flags)
{
    static const char name[] = "/libckpt.so";
    size_t length = strlen(path);

    if (errno != ENOENT || length < strlen(name) || strcmp(path + length - strlen(name), name) != 0)
        return -1;
    return assembly_open(assembly, assembly->restore->library, flags);
}

static void file_check(const struct assembly *assembly, const struct image_vma *vma,
                       const char *path, int fd)
{
    struct stat status;
    struct ckpt_error err;

    if (fstat(fd, &status) < 0)
        FAIL_ERRNO(assembly, "stat '%s'", path);
    uint64_t mtime =
        (uint64_t)status.st_mtim.tv_sec * 1000000000ULL + (uint64_t)status.st_mtim.tv_nsec;
    if ((uint64_t)status.st_size == vma->file_size && mtime == vma->file_mtime_ns)
        return;
    ckpt_error_set(&err, ESTALE, "'%s', which it has mapped, has changed since the checkpoint",
                   path);
    assembly_fail(assembly, &err);
}

/* Neighbouring VMAs are mostly of one file: the last one is kept. */
static int file_open(const struct assembly *assembly, const struct image_vma *vma)
{
    static uint32_t last_path;
    static int last_fd = -1, last_flags;
    const char *path = assembly->image.strings + vma->path;
    int flags =
        vma->kind == VMA_FILE_SHARED && (vma->flags & VMA_MAY_WRITE) != 0 ? O_RDWR : O_RDONLY;

    if (last_fd >= 0 && last_path == vma->path && last_flags == flags)
        return last_fd;
    int fd = assembly_open(assembly, path, flags);
    if (fd < 0)
        fd = library_open(assembly, path, flags);
    if (fd < 0)
        FAIL_ERRNO(assembly, "open '%s', which it has mapped", path);
    if (vma->kind == VMA_FILE_PRIVATE)
        file_check(assembly, vma, path, fd);
    last_path = vma->path;
    last_flags = flags;
    last_fd = fd;
    return fd;
}

static uint64_t page_up(uint64_t size)
{
    return (size + PAGE - 1) & ~(PAGE - 1);
}

static void segment_fill_in(const struct assembly *assembly, const struct image_vma *vma,
                            struct restorer_vma *to)
{
    const struct tree_image *tree = assembly->restore->tree;
    const struct image_system_v *segment = tree_image_segment(tree, &tree->shared[vma->object]);

    if (segment == NULL)
        return;
    to->fd = segment->id;
    to->segment = page_up(segment->size);
    to->flags = ((vma->flags & VMA_MAY_WRITE) == 0 ? SHM_RDONLY : 0) |
                ((vma->protection & PROT_EXEC) != 0 ? SHM_EXEC : 0);
}

static void vma_fill(const struct assembly *assembly, const struct image_vma *vma, bool has_runs,
                     struct restorer_vma *to)
{
    *to = (struct restorer_vma){.start = vma->start,
                                .end = vma->end,
                                .offset = vma->offset,
                                .fd = -1,
                                .protection = vma->protection,
                                .filled = has_runs,
                                .advice = vma->flags & ADVICE,
                                .policy = vma->policy,
                                .nodes = vma->nodes,
                                .pkey = vma->pkey};
    switch (vma->kind) {
    case VMA_ANONYMOUS:
    case VMA_VDSO:
        to->flags = early_map_flags(vma) | MAP_ANONYMOUS;
        break;
    case VMA_FILE_PRIVATE:
        to->flags = MAP_PRIVATE | (vma->flags & VMA_NO_RESERVE ? MAP_NORESERVE : 0);
        to->fd = file_open(assembly, vma);
        break;
    case VMA_FILE_SHARED:
        to->flags = MAP_SHARED;
        to->fd = file_open(assembly, vma);
        break;
    default: /* VMA_SHARED */
        to->flags = MAP_SHARED | (vma->flags & VMA_NO_RESERVE ? MAP_NORESERVE : 0);
        to->fd = assembly->restore->shared_memory[vma->object];
        segment_fill_in(assembly, vma, to);
    }
}

/* See the drawing in restorer.h. */
struct region_parts {
    uint64_t code, vmas, runs, guards, locks, special;
};

static struct region_parts region_parts(const struct process_image *image, size_t lock_count,
                                        const struct mappings *own)
{
    return (struct region_parts){
        .code = page_up((uint64_t)(__stop_restorer_code - __start_restorer_code)),
        .vmas =
            page_up(sizeof(struct restorer_args) + image->vma_count * sizeof(struct restorer_vma)),
        .runs = page_up(image->run_count * sizeof(struct restorer_run) + 1),
        .guards = page_up(image->guard_count * sizeof(struct restorer_guard)),
        .locks = page_up(lock_count * sizeof(struct restorer_lock)),
        .special = page_up(special_span(own)),
    };
}

static uint64_t region_size(const struct region_parts *parts)
{
    return parts->code + parts->vmas + parts->runs + parts->guards + parts->locks +
           RESTORER_STACK_SIZE + parts->special;
}

uint64_t restore_addresses(const struct process_image *image, size_t lock_count,
                           const struct mappings *own)
{
    struct region_parts parts = region_parts(image, lock_count, own);
    uint64_t bytes = region_size(&parts);

    for (size_t i = 0; i < image->vma_count; i++)
        bytes += image->vmas[i].end - image->vmas[i].start;
    return bytes;
}

struct restorer_args *assembly_make_region(const struct assembly *assembly, uint64_t *ret_stack)
{
    struct region_parts parts =
        region_parts(&assembly->image, assembly->restore->tree->lock_count, &assembly->own);
    uint64_t size = region_size(&parts);
    uint64_t start = layout_gap(&assembly->own, &assembly->image, size);
    void *region = start == 0 ? MAP_FAILED
                              : mmap((void *)start, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (region == MAP_FAILED)
        FAIL_ERRNO(assembly, "find room for the restorer");
    memcpy(region, __start_restorer_code, (size_t)(__stop_restorer_code - __start_restorer_code));
    uint64_t at = start + parts.code;
    struct restorer_args *args = (struct restorer_args *)at;
    args->start = start;
    args->size = size;
    args->vmas = (struct restorer_vma *)(args + 1);
    args->runs = (struct restorer_run *)(at += parts.vmas);
    args->guards = (struct restorer_guard *)(at += parts.runs);
    args->locks = (struct restorer_lock *)(at += parts.guards);
    args->special_at = at + parts.locks + RESTORER_STACK_SIZE;
    args->task_end = TASK_END;
    *ret_stack = args->special_at;
    return args;
}

static void pages_open(const struct assembly *assembly, struct restorer_args *args)
{
    char name[32];

    process_image_name(assembly->process->pid, "mem", name);
    cleanup_fd int low = openat(assembly->restore->dirfd, name, O_RDONLY | O_CLOEXEC);
    args->mem_fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, assembly->restore->base);
    if (args->mem_fd < 0)
        FAIL_ERRNO(assembly, "open '%s'", name);
}

/* Its threads get numbers that others may need: nobody makes threads of the tree before all of these have ended. */
static void early_read(struct assembly *assembly, const struct restorer_args *args)
{
    struct ckpt_error err;

    assembly->early = calloc(assembly->image.vma_count + 1, sizeof(*assembly->early));
    int error = assembly->early == NULL
                    ? -ENOMEM
                    : early_fill(&assembly->image, args->mem_fd, assembly->early);
    if (error < 0) {
        ckpt_error_set(&err, -error, "read its memory: %s", strerror(-error));
        assembly_fail(assembly, &err);
    }
    restore_await_all(assembly->restore);
}

/* The saved vDSO is ordinary memory where the running one has another place, and else not needed. */
static void memory_fill(const struct assembly *assembly, struct restorer_args *args)
{
    const struct process_image *image = &assembly->image;
    size_t at = 0;

    for (size_t i = 0; i < image->vma_count; i++) {
        uint32_t kind = image->vmas[i].kind;
        bool wanted = kind < VMA_VDSO || (kind == VMA_VDSO && args->special_stays);
        bool has_runs = at < image->run_count && image->runs[at].address < image->vmas[i].end;
        if (wanted) {
            struct restorer_vma *to = &args->vmas[args->vma_count++];
            vma_fill(assembly, &image->vmas[i], has_runs, to);
            to->early = assembly->early[i];
        }
        for (; at < image->run_count && image->runs[at].address < image->vmas[i].end; at++) {
            if (wanted && !assembly->early[i])
                args->runs[args->run_count++] =
                    (struct restorer_run){.address = image->runs[at].address,
                                          .offset = image->runs[at].page * PAGE,
                                          .size = image->runs[at].count * PAGE};
        }
    }
    for (size_t i = 0; i < image->guard_count; i++)
        args->guards[args->guard_count++] = (struct restorer_guard){
            .address = image->guards[i].address, .size = image->guards[i].count * PAGE};
}

void assembly_fill_memory(struct assembly *assembly, struct restorer_args *args)
{
    struct ckpt_error err = {0};

    pages_open(assembly, args);
    if (special_fill(&assembly->own, &assembly->image, args, &err) < 0)
        assembly_fail(assembly, &err);
    early_read(assembly, args);
    memory_fill(assembly, args);
}
