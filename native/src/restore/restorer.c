/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Replaces the memory of the process it runs in, makes its threads, and leaves every one of them in the library's
 * handler, where the checkpoint had parked it. The rules are in restorer.h. */
#include "restore/restorer_code.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define ARCH_SET_FS 0x1002
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define LOCK_TRIES   200
#define LOCK_WAIT_MS 10

RESTORER_SHARED __attribute__((noreturn)) void restorer_fail(const struct restorer_args *args,
                                                             int step, long error, uint64_t address)
{
    struct restorer_failure failure;

    failure.pid = args->pid;
    failure.step = step;
    failure.error = error;
    failure.address = address;
    raw3(SYS_write, args->error_fd, &failure, sizeof(failure));
    for (;;)
        raw1(SYS_exit_group, 1);
}

static RESTORER_CODE void close_between(int32_t first, int32_t end)
{
    if (first < end)
        raw3(SYS_close_range, first, end - 1, 0);
}

/* All that is not the program's, but for error_fd and proc_fd. */
static RESTORER_CODE void descriptors_close(const struct restorer_args *args)
{
    bool ordered = args->proc_fd < args->error_fd;
    int32_t lower = ordered ? args->proc_fd : args->error_fd;
    int32_t upper = ordered ? args->error_fd : args->proc_fd;
    int32_t from = args->first_private_fd;

    close_between(from, lower);
    if (lower >= from)
        from = lower + 1;
    close_between(from, upper);
    if (upper >= from)
        from = upper + 1;
    raw3(SYS_close_range, from, ~0U, 0);
}

/* What the last incarnation held it lets go as it dies. */
static RESTORER_CODE void locks_take(const struct restorer_args *args)
{
    for (uint64_t i = 0; i < args->lock_count; i++) {
        const struct restorer_lock *lock = &args->locks[i];
        struct flock range;
        long error = -EAGAIN;
        range.l_type = (short)lock->type;
        range.l_whence = SEEK_SET;
        range.l_start = lock->start;
        range.l_len = lock->length;
        for (int try = 0; try < LOCK_TRIES && (error == -EAGAIN || error == -EACCES); try++) {
            if (try > 0)
                raw3(SYS_poll, 0, 0, LOCK_WAIT_MS);
            error = raw3(SYS_fcntl, lock->fd, F_SETLK, &range);
        }
        if (error < 0)
            restorer_fail(args, RESTORER_LOCK, error, (uint64_t)lock->start);
    }
}

RESTORER_CODE void restorer_main(struct restorer_args *args)
{
    restorer_memory(args);
    long error = raw5(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &args->layout, sizeof(args->layout), 0);
    if (error < 0)
        restorer_fail(args, RESTORER_LAYOUT, error, 0);
    descriptors_close(args);
    locks_take(args);
    args->restored->restorer_start = args->start;
    for (int i = 0; i < 2 * RESTORED_LIMITS; i++)
        ((volatile uint64_t *)args->restored->limits)[i] = ((uint64_t *)args->limits)[i];
    args->restored->stop_signal = (uint64_t)args->stop_signal;
    args->restored->restorer_size =
        args->special_stays ? args->special_at - args->start : args->size;
    args->restored->vdso = args->vdso;
    args->restored->proc_fd = args->proc_fd;
    /* Whichever thread it is whose thread pointer the checkpoint thread gets. */
    const struct thread_slot *leader = restorer_slot_find(args, args->main_ended ? 0 : args->pid);
    if (leader == 0)
        restorer_fail(args, RESTORER_THREAD, -ESRCH, (uint64_t)args->pid);
    restorer_threads_make(args);
    raw2(SYS_arch_prctl, ARCH_SET_FS, leader->context.fs_base);
    /* Last, since it may unmap us as soon as all others have left; it has its own descriptors. Its stack looks as
     * after a call. */
    restorer_thread_make(args, args->checkpoint_tid, 0, args->entry_stack - 8,
                         leader->context.fs_base, args->entry, 0);
    raw1(SYS_close, args->error_fd);
    if (args->proc_fd >= 0)
        raw1(SYS_close, args->proc_fd);
    while (args->main_ended)
        raw1(SYS_exit, args->main_status);
    restorer_jump(&leader->context);
}
