/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The checkpoint thread: connects, then does what the coordinator says. It blocks all signals and runs on a stack
 * inside the library. The two functions that end in a loop are the only ones that call serve(). */
#include "preload/calls.h"
#include "preload/directory.h"
#include "preload/exec_environment.h"
#include "preload/filters.h"
#include "preload/futex.h"
#include "preload/numbers.h"
#include "preload/preload.h"
#include "preload/refresh.h"
#include "preload/semaphore_undo.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Kernels before 5.9 have no close_range. */
static void descriptors_close_one_by_one(int kept)
{
    char buffer[2048];
    long got, dir = raw4(SYS_openat, AT_FDCWD, "/proc/thread-self/fd", O_RDONLY | O_DIRECTORY, 0);

    while (dir >= 0 && (got = raw3(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < got;) {
            const struct directory_entry *entry = (const void *)(buffer + at);
            const char *name = entry->name;
            long fd = *name == '.' ? dir : (long)text_number(&name, 10);
            if (fd != dir && fd != kept)
                raw1(SYS_close, fd);
            at += entry->length;
        }
    }
    raw1(SYS_close, dir);
}

/* All but one, or -1. */
static void descriptors_close(int kept)
{
    if ((kept > 0 && raw3(SYS_close_range, 0, kept - 1, 0) < 0) ||
        raw3(SYS_close_range, kept + 1, ~0U, 0) < 0)
        descriptors_close_one_by_one(kept);
}

static void process_kill(void)
{
    raw2(SYS_kill, preload.pid, SIGKILL);
}

/* It died before it accepted us, or nobody listens any more in the network namespace where it did. In another one nobody
 * ever has, and the process has nothing to do with that. */
static bool supervisor_is_dead(int error)
{
    struct stat network;

    if (error == -EPIPE || error == -ECONNRESET)
        return preload.supervised;
    return error == -ECONNREFUSED && preload.supervised && preload.network != 0 &&
           raw2(SYS_stat, "/proc/self/ns/net", &network) == 0 && network.st_ino == preload.network;
}

static void reason_set(struct wire_message *message, const char *reason)
{
    message->type = WIRE_FAILED;
    memset(message->reason, 0, sizeof(message->reason));
    text_append(message->reason, sizeof(message->reason), reason);
}

static void on_welcome(int variables)
{
    if (variables < 0)
        return;
    variables_take(variables);
    raw1(SYS_close, variables);
}

static void on_quiesce(int fd, struct wire_message *message)
{
    const char *reason = "";

    preload.coordinator_fd = fd;
    preload.checkpoint = message->checkpoint;
    preload.inherited = message->inherited;
    message->type = WIRE_QUIESCED;
    /* A stopped process may be parked still. */
    if (preload.announced == 0 && threads_park(&reason) < 0)
        reason_set(message, reason);
    else
        message->thread = threads_speaker()->tid;
    message_send(fd, message);
}

/* The coordinator reads the answer out of our memory while everybody stays parked. */
static void on_resident(int fd, struct wire_message *message)
{
    SELDOM static uint8_t resident[WIRE_RESIDENT_PAGES];
    struct wire_memory *memory = &message->memory;
    bool told = memory->pages <= WIRE_RESIDENT_PAGES &&
                raw3(SYS_mincore, memory->start, memory->pages * 4096, resident) == 0;

    memory->answer = told ? (uint64_t)resident : 0;
    message_send(fd, message);
}

static int snapshot_try(int *ret_unforked)
{
    *ret_unforked = unforked_memory_save();
    unforked_memory_expose();
    int error = snapshot_fork();
    unforked_memory_hide();
    return error;
}

static const char *snapshot_reason(int error)
{
    return error == -ERANGE
               ? "it has memory that no child gets, and that the kernel does not let us share"
               : "the snapshot could not be forked: no memory or no process left";
}

static void on_snapshot(int fd, struct wire_message *message)
{
    int32_t stopped_children[WIRE_STOPPED_MAX];
    uint8_t stops[WIRE_STOPPED_MAX];

    memcpy(stopped_children, message->stopped_children, sizeof(stopped_children));
    preload.generation = message->generation;
    preload.final = message->final != 0;
    threads_pending_note(); /* first, since taking a SIGALRM arms its timer again */
    int state = process_state_save();
    stopped_children_save(stopped_children, stops);
    int unforked, error = snapshot_try(&unforked);
    if (error == -ERANGE) {
        unforked_memory_expect();
        error = snapshot_try(&unforked);
    }
    message->type = WIRE_SNAPPED;
    message->process = (struct wire_process){
        .brk = (uint64_t)raw1(SYS_brk, 0),
        .slots = (uint64_t)preload.slots,
        .slot_count = preload.slot_count,
        .slot_size = sizeof(struct thread_slot),
        .entry = (uint64_t)checkpoint_thread_restored,
        .entry_stack = (uint64_t)(checkpoint_thread_stack + PRELOAD_STACK_SIZE - 64),
        .restorer = (uint64_t)&preload.restorer,
        .checkpoint_tid = preload.checkpoint_tid,
        .deliverable = pending_deliverable_set(),
    };
    memcpy(message->child_stops, stops, sizeof(stops));
    if (state < 0)
        reason_set(message, "it has more than 1024 timers");
    else if (unforked < 0)
        reason_set(message, "it has too many areas that a child does not get");
    else if (error == -ECHILD)
        message->type = WIRE_COPY_LOST;
    else if (error < 0)
        reason_set(message, snapshot_reason(error));
    message_send(fd, message);
}

/* Whether the next checkpoint has begun. */
static bool quiesce_waits(int fd)
{
    struct wire_message message;

    return raw6(SYS_recvfrom, fd, (long)&message, sizeof(message), MSG_PEEK | MSG_DONTWAIT, 0, 0) ==
               sizeof(message) &&
           message.type == WIRE_QUIESCE;
}

/* A process that is stopped learns of the end of a checkpoint when it is continued, or, through the supervisor's doing,
 * together with the beginning of the next one: then its threads stay where they are. */
static void on_resume(int fd)
{
    int stop_signal = (int)preload.restorer.stop_signal;

    threads_settle();
    preload.restorer.stop_signal = 0;
    if (stop_signal != 0)
        process_stop(stop_signal, quiesce_waits, fd);
    if (!quiesce_waits(fd))
        threads_release();
}

static __attribute__((noreturn)) void thread_end(void)
{
    for (;;)
        raw1(SYS_exit, 0);
}

static __attribute__((noreturn)) void serve(int fd)
{
    struct wire_message message;
    int descriptors[WIRE_DESCRIPTORS] = {-1, -1}; /* the lease stays open */

    for (;;) {
        if (message_receive(fd, &message, descriptors) < 0) {
            /* The supervisor is dead: whoever started the task has to see its tree end with it. */
            if (preload.supervised)
                process_kill();
            threads_release();
            thread_end();
        }
        switch (message.type) {
        case WIRE_WELCOME:
            on_welcome(descriptors[1]);
            break;
        case WIRE_QUIESCE:
            on_quiesce(fd, &message);
            break;
        case WIRE_RESIDENT:
            on_resident(fd, &message);
            break;
        case WIRE_SNAPSHOT:
            on_snapshot(fd, &message);
            break;
        case WIRE_RESUME:
            on_resume(fd);
            break;
        case WIRE_ANSWER:
            calls_answer(&message.answer);
            break;
        case WIRE_DETACH:
            exec_environment_detach();
            threads_release();
            thread_end();
        default:
            break;
        }
    }
}

static int hello(enum wire_kind kind)
{
    struct wire_message message = {
        .type = WIRE_HELLO, .kind = kind, .signal = preload.signal, .filters = filters_count()};
    int fd = coordinator_connect();

    if (fd < 0)
        return fd;
    int error = message_send(fd, &message);
    return error < 0 ? error : fd;
}

/* proc: a descriptor of /proc that the thread has from its maker, or -1. */
static void thread_begin(int proc)
{
    descriptors_close(proc);
    proc_hold(proc);
    preload.settled = 1;
    futex_wake(&preload.settled);
    raw2(SYS_prctl, PR_SET_NAME, "ckpt");
    raw1(SYS_set_tid_address, &preload.checkpoint_tid);
}

void checkpoint_thread_main(void *unused)
{
    (void)unused;
    thread_begin(-1);
    if (proc_is_out_of_reach())
        thread_end(); /* nobody could be parked; the coordinator finds the reason */
    int fd = hello(WIRE_KIND_PROCESS);
    if (supervisor_is_dead(fd))
        process_kill();
    if (fd < 0)
        thread_end();
    serve(fd);
}

/* It runs in the restorer's memory until it has ended, and what it leaves to others moves with its end. */
static void main_end_await(void)
{
    while (preload.main_ended && task_state(preload.pid) != 'Z')
        raw0(SYS_sched_yield);
}

void checkpoint_thread_restored(void *unused)
{
    (void)unused;
    thread_begin(preload.restorer.proc_fd);
    process_state_restore();
    numbers_forget();
    unforked_memory_restore();
    process_limits_restore();
    semaphore_undo_restore();
    main_end_await();
    thread_credentials_restore(&threads_speaker()->credentials);
    calls_restored();
    pending_restored();
    int fd = hello(WIRE_KIND_RESTORED);
    if (fd < 0)
        process_kill(); /* nobody would ever let the parked threads go */
    program_hold_again(fd);
    serve(fd);
}
