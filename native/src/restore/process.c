/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The last steps of one process before its memory is replaced. After restorer_main() nothing of this program is left. */
#include "restore/assembly.h"

#include "common/cleanup.h"
#include "objects/directory.h"
#include "objects/limit.h"
#include "objects/lock.h"
#include "objects/object.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

void assembly_fail(const struct assembly *assembly, struct ckpt_error *err)
{
    char text[sizeof(err->message)];

    snprintf(text, sizeof(text), "process %d (%s): %.400s", (int)assembly->process->pid,
             assembly->process->name, err->message);
    memcpy(err->message, text, sizeof(text));
    restore_fail(assembly->restore, err);
}

int assembly_open(const struct assembly *assembly, const char *path, int flags)
{
    cleanup_fd int fd = open(path, flags | O_CLOEXEC);

    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, assembly->restore->base);
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

/* The last thing that a path is needed for. The directory's name is outside of the root directory it is for. */
static void root_enter(const struct assembly *assembly, struct restorer_args *args)
{
    const char *root = assembly->process->root;

    args->proc_fd = -1;
    if (root == NULL)
        return;
    args->proc_fd = assembly_open(assembly, "/proc", O_PATH | O_DIRECTORY);
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
        .exe_fd = (uint32_t)assembly_open(assembly, process->exe, O_RDONLY),
    };
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

    assembly_fill_memory(assembly, args);
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
        assembly_fail(&assembly, &err);
    }
    if (identity_check(process, &err) < 0)
        assembly_fail(&assembly, &err);
    if (process_image_read(&assembly.image, restore->dirfd, process->pid, &err) < 0)
        assembly_fail(&assembly, &err);
    assembly_place_descriptors(&assembly);
    directories_enter(&assembly);
    oom_score_set(&assembly);
    if (mappings_read(0, &assembly.own, &err) < 0)
        assembly_fail(&assembly, &err);
    struct restorer_args *args = assembly_make_region(&assembly, &stack);
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
