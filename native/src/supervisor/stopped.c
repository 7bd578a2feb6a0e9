/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Processes that job control has stopped. Their checkpoint threads are stopped with them, and to continue them would
 * show: to their parents, and in what they run. As their tracer we can let each thread run by itself while the kernel
 * goes on counting the process as stopped: the checkpoint thread at once, a user thread when the checkpoint signal waits
 * for it, with all others blocked, so that the handler is all it runs. Detached, a thread stops again where it is, in
 * the handler, and parks there until somebody continues the process. */
#include "supervisor/stopped.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "proc/process_tree.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAKE_DEADLINE_MS   5000
#define LET_GO_DEADLINE_MS 10000
#define INTERRUPT_AFTER_MS 5 /* a thread that has not stopped by itself by now is made to */
#define LOOK_AGAIN_US      200
#define BIT(signal)        (1UL << ((signal)-1))
#define STOP_EVENT(status) ((status) >> 16)

struct tracee {
    struct tracee *next;
    pid_t tid, process;
    int signal;  /* the checkpoint signal */
    bool masked; /* everything else is blocked, and mask is its own */
    unsigned long mask;
    bool starts; /* is in the handler that starts the checkpoint thread, or has parked */
    bool held;   /* has done so, and stands where the handler ends */
};

static struct tracee **tracee_find(struct coordinator *coordinator, pid_t tid)
{
    struct tracee **at = &coordinator->tracees;

    while (*at != NULL && (*at)->tid != tid)
        at = &(*at)->next;
    return at;
}

static void tracee_remove(struct tracee **at)
{
    struct tracee *tracee = *at;

    *at = tracee->next;
    free(tracee);
}

/* The status of its next stop, or -1: it has ended, or does not stop in time. */
static int stop_await(pid_t tid, int deadline_ms)
{
    uint64_t begun = clock_monotonic_ms(), waited = 0;
    bool interrupted = false;
    int status;

    while (waited <= (uint64_t)deadline_ms) {
        pid_t got = waitpid(tid, &status, __WALL | WNOHANG);
        if (got < 0 || (got == tid && !WIFSTOPPED(status)))
            return -1;
        if (got == tid)
            return status;
        if (!interrupted && waited >= INTERRUPT_AFTER_MS) {
            ptrace(PTRACE_INTERRUPT, tid, 0, 0);
            interrupted = true;
        }
        usleep(LOOK_AGAIN_US);
        waited = clock_monotonic_ms() - begun;
    }
    return -1;
}

static void mask_set(const struct tracee *tracee, unsigned long mask)
{
    ptrace(PTRACE_SETSIGMASK, tracee->tid, sizeof(mask), &mask);
}

static void mask_restore(struct tracee *tracee)
{
    if (tracee->masked)
        mask_set(tracee, tracee->mask);
    tracee->masked = false;
}

static bool is_everything(unsigned long mask)
{
    return (~mask & ~(BIT(SIGKILL) | BIT(SIGSTOP))) == 0;
}

/* Returns 0 also when the thread has ended. */
static int thread_seize(struct coordinator *coordinator, pid_t process, int number, pid_t tid)
{
    if (*tracee_find(coordinator, tid) != NULL)
        return 0;
    if (ptrace(PTRACE_SEIZE, tid, 0, 0) < 0)
        return errno == ESRCH ? 0 : -errno;
    struct tracee *tracee = calloc(1, sizeof(*tracee));
    if (tracee == NULL)
        return -ENOMEM; /* our end would set it free, and so does the next memory */
    *tracee = (struct tracee){
        .next = coordinator->tracees, .tid = tid, .process = process, .signal = number};
    coordinator->tracees = tracee;
    if (stop_await(tid, WAKE_DEADLINE_MS) < 0) {
        tracee_remove(tracee_find(coordinator, tid));
        return 0;
    }
    if (number == 0 || ptrace(PTRACE_GETSIGMASK, tid, sizeof(tracee->mask), &tracee->mask) < 0)
        return 0;
    /* Who blocks the signal is the checkpoint thread, or in our handler: has parked already, or has just started the
     * checkpoint thread, which only the main thread does there. */
    tracee->masked = (tracee->mask & BIT(tracee->signal)) == 0;
    tracee->starts = tid == process && is_everything(tracee->mask);
    if (tracee->masked)
        mask_set(tracee, ~BIT(tracee->signal));
    return 0;
}

/* Only the checkpoint thread blocks everything that can be blocked, except for an instant. */
static bool blocks_all(pid_t tid)
{
    struct tree_process thread;

    return tree_process_read(tid, &thread) == 0 && is_everything(thread.own_blocked);
}

/* With number 0 only those that block everything. */
static int process_seize(struct coordinator *coordinator, pid_t outer, int number)
{
    char path[64];
    struct dirent *entry;
    int error = 0;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)outer);
    cleanup_dir DIR *dir = opendir(path);
    while (dir != NULL && error == 0 && (entry = readdir(dir)) != NULL) {
        pid_t tid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)atoi(entry->d_name) : 0;
        if (tid > 0 && (number > 0 || (tid != outer && blocks_all(tid))))
            error = thread_seize(coordinator, outer, number, tid);
    }
    return error;
}

static bool signal_is_there(const struct tracee *tracee)
{
    struct tree_process thread;

    return tree_process_read(tracee->tid, &thread) < 0 ||
           (thread.own_pending & BIT(tracee->signal)) != 0;
}

static void tracee_continue(const struct tracee *tracee, int number)
{
    ptrace(tracee->starts ? PTRACE_SYSCALL : PTRACE_CONT, tracee->tid, 0, number);
}

/* Those made since known was the first; returns whether all of them run. */
static bool tracees_continue(struct coordinator *coordinator, const struct tracee *known)
{
    uint64_t deadline = clock_monotonic_ms() + WAKE_DEADLINE_MS;

    for (struct tracee *tracee = coordinator->tracees; tracee != known; tracee = tracee->next) {
        if (!tracee->masked)
            tracee_continue(tracee, 0);
    }
    for (struct tracee *tracee = coordinator->tracees; tracee != known; tracee = tracee->next) {
        while (tracee->masked && !signal_is_there(tracee)) {
            if (clock_monotonic_ms() > deadline)
                return false;
            usleep(LOOK_AGAIN_US);
        }
        if (tracee->masked)
            tracee_continue(tracee, 0);
    }
    return true;
}

void stopped_go_on(struct coordinator *coordinator, const struct member *member)
{
    for (struct tracee *tracee = coordinator->tracees; tracee != NULL; tracee = tracee->next) {
        if (!tracee->held || tracee->process != member->outer || !signal_is_there(tracee))
            continue;
        tracee->held = false;
        tracee_continue(tracee, 0);
    }
}

int stopped_wake(struct coordinator *coordinator, struct member *member, struct ckpt_error *err)
{
    const struct tracee *known = coordinator->tracees;

    member->stopped = true;
    int error = process_seize(coordinator, member->outer, member->signal);
    bool complete = error == 0 && tracees_continue(coordinator, known);
    if (error < 0)
        return ckpt_error_set(err, -error, "process %d is stopped, and cannot be traced: %s",
                              (int)member->inner, strerror(-error));
    return complete ? 0
                    : ckpt_error_set(err, EAGAIN, "process %d is stopped, and does not park",
                                     (int)member->inner);
}

bool stopped_is_traced(const struct coordinator *coordinator, pid_t outer)
{
    const struct tracee *tracee = coordinator->tracees;

    while (tracee != NULL && tracee->process != outer)
        tracee = tracee->next;
    return tracee != NULL;
}

void stopped_note(struct coordinator *coordinator)
{
    for (struct member *member = coordinator->members; member != NULL; member = member->next)
        member->stopped = stopped_is_traced(coordinator, member->outer);
}

static int signal_of_the_tree(const struct coordinator *coordinator)
{
    for (const struct member *member = coordinator->members; member != NULL;
         member = member->next) {
        if (member->signal > 0)
            return member->signal;
    }
    return 0;
}

void stopped_reach(struct coordinator *coordinator, pid_t outer)
{
    struct tracee *known = coordinator->tracees;
    struct tree_process process;
    int number = signal_of_the_tree(coordinator);

    if (process_seize(coordinator, outer, 0) < 0)
        return;
    /* It has lived for too short a time to have a checkpoint thread, and is about to start one: the signal to do so
     * waits, or its handler is running. */
    if (coordinator->tracees == known && number > 0 && tree_process_read(outer, &process) == 0 &&
        process.threads == 1 && ((process.own_pending & BIT(number)) != 0 || blocks_all(outer)) &&
        thread_seize(coordinator, outer, number, outer) == 0 && coordinator->tracees != known)
        coordinator->tracees->starts = true;
    for (struct tracee *tracee = coordinator->tracees; tracee != known; tracee = tracee->next)
        tracee_continue(tracee, 0);
}

/* A thread that has started its checkpoint thread must not leave the handler before that has asked it to park. */
static bool stands_at_handler_end(const struct tracee *tracee)
{
    struct user_regs_struct registers;

    return ptrace(PTRACE_GETREGS, tracee->tid, 0, &registers) == 0 &&
           registers.orig_rax == SYS_rt_sigreturn && (long)registers.rax == -ENOSYS;
}

bool stopped_event(struct coordinator *coordinator, pid_t tid, int status)
{
    struct tracee **at = tracee_find(coordinator, tid);

    if (*at == NULL)
        return WIFSTOPPED(status); /* of one that has been let go since */
    if (!WIFSTOPPED(status)) {
        tracee_remove(at);
        return false;
    }
    int number = STOP_EVENT(status) == 0 ? WSTOPSIG(status) : 0;
    if (number == (*at)->signal)
        mask_restore(*at); /* before the frame is made, which holds it */
    bool is_own = number == SIGSTOP || ((*at)->starts && number == SIGTRAP);
    if ((*at)->starts && number == SIGTRAP && stands_at_handler_end(*at)) {
        (*at)->starts = false;
        (*at)->held = !signal_is_there(*at);
        if ((*at)->held)
            return true;
    }
    tracee_continue(*at, is_own ? 0 : number);
    return true;
}

void stopped_let_go(struct coordinator *coordinator)
{
    while (coordinator->tracees != NULL) {
        struct tracee *tracee = coordinator->tracees;
        if (!tracee->held)
            ptrace(PTRACE_INTERRUPT, tracee->tid, 0, 0);
        int status = tracee->held ? 0 : stop_await(tracee->tid, LET_GO_DEADLINE_MS);
        if (status >= 0) {
            int number = STOP_EVENT(status) == 0 ? WSTOPSIG(status) : 0;
            mask_restore(tracee);
            ptrace(PTRACE_DETACH, tracee->tid, 0, tracee->held || number == SIGTRAP ? 0 : number);
        }
        tracee_remove(&coordinator->tracees);
    }
    for (struct member *member = coordinator->members; member != NULL; member = member->next)
        member->stopped = false;
}
