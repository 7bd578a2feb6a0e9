/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The beginning of every process: the constructor runs before main, and once more, in effect, in the child of each
 * fork. Both see to it that the checkpoint thread will be started, see late_start.c. */
#include "preload/calls.h"
#include "preload/exec_environment.h"
#include "preload/filters.h"
#include "preload/notes.h"
#include "preload/preload.h"
#include "preload/queue_notify.h"
#include "preload/refresh.h"
#include "preload/semaphore_undo.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <sched.h>
#include <sys/syscall.h>

struct preload preload;
SELDOM char checkpoint_thread_stack[PRELOAD_STACK_SIZE] __attribute__((aligned(16)));

extern char **environ __attribute__((weak));

static unsigned long outside_signals; /* what `ckpt run --signal` lists, by bit */

/* A raw clone: libc goes on believing that the program has a single thread. Without CLONE_FILES the thread has
 * its own copy of the descriptor table, see preload.h. */
#define CHECKPOINT_THREAD_FLAGS                                                                    \
    (CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID)

void checkpoint_thread_start(void)
{
    unsigned long all = ~0UL, before;

    /* Signals for the process must go to threads that the program knows. */
    raw4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof(all));
    preload.settled = 0;
    arch_clone(CHECKPOINT_THREAD_FLAGS, checkpoint_thread_stack + PRELOAD_STACK_SIZE,
               (void *)&preload.checkpoint_tid, checkpoint_thread_main, NULL);
    raw4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
}

/* A child of vfork may have written its own number, which is not inherited. */
static void filter_inherit(void)
{
    int filtered = preload.filtered_pid;

    if (filtered == 0)
        return;
    bool inherited = filtered == preload.pid || filtered == (int)raw0(SYS_getppid);
    preload.filtered_pid = inherited ? (int)raw0(SYS_getpid) : 0;
    if (inherited)
        preload.managed = false;
}

/* The child has one thread, and what it copied of a checkpoint that was under way in the parent is not its own. */
void process_forked(void)
{
    filter_inherit();
    filters_forked();
    queue_notify_forked();
    proc_forget();
    semaphore_undo_forked();
    preload.checkpoint_tid = 0;
    preload.announced = 0;
    preload.parked = 0;
    preload.holders = 0;
    preload.arrived = 0;
    preload.main_ended = false;
    preload.slots = NULL;
    preload.slot_count = 0;
    program_forked();
    outside_forked();
    if (!preload.managed) /* a filter of system calls has been inherited */
        return;
    signals_claim(); /* libc may have put itself in front since, and would swallow the timer's */
    checkpoint_thread_expect();
    if (filters_count() > 0) /* the coordinator has to hear that it is one to live with */
        checkpoint_thread_require();
}

static __thread unsigned long mask_before_fork __attribute__((tls_model("initial-exec")));

/* A child that becomes another program at once must not be the one to look it up. */
static void fork_prepare(void)
{
    (void)REAL(execve);
    mask_before_fork = outside_fork_begin();
}

static void fork_parent(void)
{
    outside_fork_end(mask_before_fork);
}

static void fork_child(void)
{
    process_forked();
    outside_fork_end(mask_before_fork);
}

static void fork_observe(void)
{
    int (*glibc_register)(void (*)(void), void (*)(void), void (*)(void), void *) =
        next_symbol("__register_atfork");
    int (*posix_register)(void (*)(void), void (*)(void), void (*)(void)) =
        glibc_register == NULL ? next_symbol("pthread_atfork") : NULL;

    if (glibc_register != NULL)
        glibc_register(fork_prepare, fork_parent, fork_child, NULL);
    else if (posix_register != NULL)
        posix_register(fork_prepare, fork_parent, fork_child);
}

static bool coordinator_find(void)
{
    const char *name = exec_environment_value(TREE_COORDINATOR);
    const char *signal = exec_environment_value(TREE_SIGNAL);
    const char *supervised = exec_environment_value(TREE_SUPERVISED);

    preload.signal = PRELOAD_SIGNAL;
    if (signal != NULL) {
        uint64_t number = text_number(&signal, 10);
        if (number > 0 && number <= PRELOAD_SIGNALS && number != SIGKILL && number != SIGSTOP)
            preload.signal = (int)number;
    }
    if (supervised != NULL) {
        preload.network = text_number(&supervised, 10);
        preload.supervised = preload.network != 0;
        if (*supervised++ == ':')
            outside_signals = text_number(&supervised, 16);
    }
    if (name == NULL)
        return coordinator_start();
    text_append(preload.coordinator, sizeof(preload.coordinator), name);
    return true;
}

__attribute__((constructor)) static void start(void)
{
    if (&environ == NULL)
        return;
    variables_begin();
    exec_environment_note(environ);
    preload.managed = coordinator_find();
    if (!preload.managed)
        return;
    notes_init();
    if (!filters_inherit(exec_environment_value(TREE_FILTERS))) {
        preload.managed = false;
        preload.filtered_pid = (int)raw0(SYS_getpid);
        return;
    }
    signals_init();
    fork_observe();
    outside_init(outside_signals);
    checkpoint_thread_expect();
    if (filters_count() > 0)
        checkpoint_thread_require();
    program_is_request(environ);
}
