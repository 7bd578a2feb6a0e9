/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The last steps of one process before its memory is replaced: descriptors, directories, limits, and the region that
 * the restorer works from. After restorer_main() nothing of this program is left. */
#include "image/process.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/directory.h"
#include "objects/epoll.h"
#include "objects/limit.h"
#include "objects/lock.h"
#include "objects/object.h"
#include "objects/signal_io.h"
#include "restore/early.h"
#include "restore/layout.h"
#include "restore/restore.h"
#include "restore/restorer.h"
#include "restore/special.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#define PAGE     4096ULL
#define TASK_END 0x7ffffffff000ULL
#define ADVICE                                                                                     \
    (VMA_HUGE_PAGES | VMA_NO_HUGE_PAGES | VMA_MERGEABLE | VMA_DONT_DUMP | VMA_SEQUENTIAL |         \
     VMA_RANDOM | VMA_SEALED)

/* A process being put together. */
struct assembly {
    struct restore *restore;
    const struct image_process *process;
    struct process_image image;
    struct mappings own;
    bool *early; /* for each VMA of the image, see early.h */
};

static __attribute__((noreturn)) void fail(const struct assembly *assembly, struct ckpt_error *err)
{
    char text[sizeof(err->message)];

    snprintf(text, sizeof(text), "process %d (%s): %.400s", (int)assembly->process->pid,
             assembly->process->name, err->message);
    memcpy(err->message, text, sizeof(text));
    restore_fail(assembly->restore, err);
}

#define FAIL_ERRNO(assembly, ...)                                                                  \
    do {                                                                                           \
        struct ckpt_error err_ = {0};                                                              \
        ckpt_error_errno(&err_, __VA_ARGS__);                                                      \
        fail(assembly, &err_);                                                                     \
    } while (0)

/* ---- what is the kernel's and not memory ---- */

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
        fail(assembly, &err);
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
            fail(assembly, &err);
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
            fail(assembly, &err);
    }
}

static int deleted_directory_enter(const char *path)
{
    cleanup_free char *name = strdup(path);
    int missing = errno;

    if (name == NULL || !directory_deleted_name(name)) {
        errno = missing;
        return -1;
    }
    cleanup_fd int fd = directory_deleted_make(name, 0700, O_RDONLY);
    return fd < 0 ? -1 : fchdir(fd);
}

static void directories_enter(const struct assembly *assembly)
{
    const struct image_process *process = assembly->process;

    if (chdir(process->cwd) < 0 && deleted_directory_enter(process->cwd) < 0)
        FAIL_ERRNO(assembly, "enter its working directory '%s'", process->cwd);
    umask(process->umask);
}

static int open_up(const struct assembly *assembly, const char *path, int flags)
{
    cleanup_fd int fd = open(path, flags | O_CLOEXEC);

    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, assembly->restore->base);
}

/* The last thing that a path is needed for. The directory's name is outside of the root directory it is for. */
static void root_enter(const struct assembly *assembly, struct restorer_args *args)
{
    const char *root = assembly->process->root;

    args->proc_fd = -1;
    if (root == NULL)
        return;
    args->proc_fd = open_up(assembly, "/proc", O_PATH | O_DIRECTORY);
    if (args->proc_fd < 0 || chroot(root) < 0)
        FAIL_ERRNO(assembly, "enter its root directory '%s'", root);
}

static void oom_score_set(const struct assembly *assembly)
{
    const struct image_process *process = assembly->process;
    int error =
        oom_score_restore(process, assembly->restore->tree, assembly->restore->oom_score_adj);

    if (error < 0)
        restore_warn(assembly->restore,
                     "process %d (%s): set its oom_score_adj to %d: %s, ignoring",
                     (int)process->pid, process->name, process->oom_score_adj, strerror(-error));
}

/* ---- memory ---- */

/* Our library lies where we do, also when that has been moved since the checkpoint. */
static int library_open(const struct assembly *assembly, const char *path, int flags)
{
    static const char name[] = "/libckpt.so";
    size_t length = strlen(path);

    if (errno != ENOENT || length < strlen(name) || strcmp(path + length - strlen(name), name) != 0)
        return -1;
    return open_up(assembly, assembly->restore->library, flags);
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
    fail(assembly, &err);
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
    int fd = open_up(assembly, path, flags);
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
static struct restorer_args *region_make(const struct assembly *assembly, uint64_t *ret_stack)
{
    uint64_t code = page_up((uint64_t)(__stop_restorer_code - __start_restorer_code));
    uint64_t vmas = page_up(sizeof(struct restorer_args) +
                            assembly->image.vma_count * sizeof(struct restorer_vma));
    uint64_t runs = page_up(assembly->image.run_count * sizeof(struct restorer_run) + 1);
    uint64_t guards = page_up(assembly->image.guard_count * sizeof(struct restorer_guard));
    uint64_t locks = page_up(assembly->restore->tree->lock_count * sizeof(struct restorer_lock));
    uint64_t size = code + vmas + runs + guards + locks + RESTORER_STACK_SIZE +
                    page_up(special_span(&assembly->own));
    uint64_t start = layout_gap(&assembly->own, &assembly->image, size);
    void *region = start == 0 ? MAP_FAILED
                              : mmap((void *)start, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (region == MAP_FAILED)
        FAIL_ERRNO(assembly, "find room for the restorer");
    memcpy(region, __start_restorer_code, (size_t)(__stop_restorer_code - __start_restorer_code));
    struct restorer_args *args = (struct restorer_args *)(start + code);
    args->start = start;
    args->size = size;
    args->vmas = (struct restorer_vma *)(args + 1);
    args->runs = (struct restorer_run *)(start + code + vmas);
    args->guards = (struct restorer_guard *)(start + code + vmas + runs);
    args->locks = (struct restorer_lock *)(start + code + vmas + runs + guards);
    args->special_at = start + code + vmas + runs + guards + locks + RESTORER_STACK_SIZE;
    args->task_end = TASK_END;
    *ret_stack = args->special_at;
    return args;
}

static void layout_fill(const struct assembly *assembly, struct restorer_args *args)
{
    const struct image_process *process = assembly->process;
    const struct image_layout *from = &process->layout;

    memcpy(args->auxv, process->auxv, sizeof(args->auxv));
    args->layout = (struct prctl_mm_map){
        .start_code = from->start_code,
        .end_code = from->end_code,
        .start_data = from->start_data,
        .end_data = from->end_data,
        .start_brk = from->start_brk,
        .brk = from->brk,
        .start_stack = from->start_stack,
        .arg_start = from->arg_start,
        .arg_end = from->arg_end,
        .env_start = from->env_start,
        .env_end = from->env_end,
        .auxv = (__u64 *)args->auxv,
        .auxv_size = (uint32_t)(process->auxv_words * sizeof(uint64_t)),
        .exe_fd = (uint32_t)open_up(assembly, process->exe, O_RDONLY),
    };
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
        fail(assembly, &err);
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

static void locks_fill(const struct assembly *assembly, struct restorer_args *args)
{
    const struct tree_image *tree = assembly->restore->tree;

    for (size_t i = 0; i < tree->lock_count; i++) {
        const struct image_lock *lock = &tree->locks[i];
        if (lock_is_of_process(lock, assembly->process->pid))
            args->locks[args->lock_count++] =
                (struct restorer_lock){.fd = lock->fd,
                                       .type = lock->exclusive ? F_WRLCK : F_RDLCK,
                                       .start = lock->start,
                                       .length = lock->length};
    }
}

static void args_fill(struct assembly *assembly, struct restorer_args *args)
{
    const struct wire_process *library = &assembly->process->library;
    struct ckpt_error err = {0};

    pages_open(assembly, args);
    if (special_fill(&assembly->own, &assembly->image, args, &err) < 0)
        fail(assembly, &err);
    early_read(assembly, args);
    memory_fill(assembly, args);
    layout_fill(assembly, args);
    locks_fill(assembly, args);
    args->first_private_fd = assembly->restore->base;
    args->error_fd = assembly->restore->report_fd;
    args->pid = assembly->process->pid;
    args->slots = (struct thread_slot *)library->slots;
    args->slot_count = library->slot_count;
    args->restored = (struct preload_restored *)library->restorer;
    for (int i = 0; i < IMAGE_LIMITS; i++) {
        struct image_limit limit =
            limit_decide(assembly->process->limits[i], assembly->restore->tree->limits[i],
                         assembly->restore->limits[i]);
        args->limits[i][0] = limit.soft;
        args->limits[i][1] = limit.hard;
    }
    args->entry = library->entry;
    args->entry_stack = library->entry_stack;
    args->checkpoint_tid = library->checkpoint_tid;
    args->stop_signal = assembly->process->stopped;
    args->main_ended = assembly->process->main_ended;
    args->main_status = WEXITSTATUS(assembly->process->exit_status);
}

/* The kernel would otherwise write to our thread-local storage, or put a signal frame on our alternate stack, when
 * they are gone. */
static void kernel_leave(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    sigaltstack(&none, NULL);
#ifdef RSEQ_SIG
    char *self = __builtin_thread_pointer();

    if (__rseq_size > 0)
        syscall(SYS_rseq, self + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
#endif
}

void process_restore(struct restore *restore, const struct image_process *process)
{
    struct assembly assembly = {.restore = restore, .process = process};
    struct ckpt_error err = {0};
    uint64_t stack;
    unsigned long all = ~0UL;

    /* libc would leave out its own signals, by one of which threads park. */
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
    if (process->library.slot_size != sizeof(struct thread_slot)) {
        ckpt_error_set(&err, ENOTSUP, "its image was taken with another version of the library");
        fail(&assembly, &err);
    }
    if (identity_check(process, &err) < 0)
        fail(&assembly, &err);
    if (process_image_read(&assembly.image, restore->dirfd, process->pid, &err) < 0)
        fail(&assembly, &err);
    descriptors_place(&assembly);
    epolls_fill(&assembly);
    signals_claim(&assembly);
    directories_enter(&assembly);
    oom_score_set(&assembly);
    if (mappings_read(0, &assembly.own, &err) < 0)
        fail(&assembly, &err);
    struct restorer_args *args = region_make(&assembly, &stack);
    args_fill(&assembly, args);
    root_enter(&assembly, args);
    kernel_leave();
    uint64_t entry = args->start + ((uint64_t)(uintptr_t)restorer_main -
                                    (uint64_t)(uintptr_t)__start_restorer_code);
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%1\n\t"
                     "hlt"
                     :
                     : "r"(stack), "r"(entry), "D"(args)
                     : "memory");
    __builtin_unreachable();
}
