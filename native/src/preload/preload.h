/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_H
#define CKPT_PRELOAD_H

/* The preloaded library. Rules for every file in this folder; this code lives in other people's programs:
 *
 *  - No libc functions, except the ones that are looked up with next_symbol() in order to be wrapped. Everything else
 *    is raw.h and text.h. The library is linked against nothing, so it loads under any glibc since 2.17 and under musl.
 *  - No malloc, no stdio, no locks that a thread could be parked with.
 *  - The checkpoint thread shares the thread-local storage of the thread that started it, so it must not touch any:
 *    no errno, no __thread. Wrappers may use both, and they keep errno unless they fail.
 *  - The checkpoint thread has a descriptor table of its own: nothing the program does to its descriptors reaches the
 *    coordinator's socket, and the program cannot see it.
 *  - Between parking and leaving, memory and kernel state of the process do not change except by this library.
 *  - Never print. Never fail a call of the program because of a checkpoint.
 */

#include "wire/slot.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRELOAD_STACK_SIZE 65536
#define PRELOAD_SLOTS_MAX  4096
#define PRELOAD_SIGNALS    64

#define EXPORT __attribute__((visibility("default")))
#define BIT(signal) (1UL << ((signal)-1))

/* sigaction as the kernel has it, which differs from libc's. */
struct kernel_sigaction {
    void *handler;
    unsigned long flags;
    void *restorer;
    unsigned long mask;
};

struct preload {
    int signal;                  /* the checkpoint signal */
    bool supervised;             /* when the coordinator dies, so does the process */
    bool managed;                /* a coordinator is named in the environment */
    char coordinator[64];        /* its socket's name, without the leading NUL */
    int pid;
    int checkpoint_tid;
    uint64_t checkpoint;         /* number of the one under way */
    volatile uint32_t announced; /* 1 from the first signal of a checkpoint until every thread has left */
    volatile uint32_t release;   /* futex: goes up when parked threads may leave */
    volatile uint32_t parked;    /* futex: how many have parked */
    volatile uint32_t left;      /* futex: how many have left again */
    volatile uint32_t arrived;   /* futex: how many have come out of the image */
    struct thread_slot *slots;
    volatile uint32_t slot_count;
    struct kernel_sigaction actions[PRELOAD_SIGNALS + 1];
    struct preload_restored restorer;
};
extern struct preload preload;

/* start.c */
void checkpoint_thread_start(void);
/* thread.c: the checkpoint thread's life, and its second birth in a restored process */
void checkpoint_thread_main(void *unused);
void checkpoint_thread_restored(void *unused);
extern char checkpoint_thread_stack[PRELOAD_STACK_SIZE];
/* coordinator.c: starts a coordinator for a process that has none; fills preload.coordinator */
bool coordinator_start(void);

/* park.c */
int threads_park(const char **ret_reason);
void threads_release(void);
void park_handler(int signal, siginfo_t *info, void *ucontext);

/* Saved by the owner while parked, restored by the owner before it leaves. */
void thread_state_save(struct thread_slot *slot);
void thread_state_restore(struct thread_slot *slot);
/* Also for the checkpoint thread of a restored process, which has those of the first user thread. */
void thread_capabilities_restore(const struct thread_slot *slot);
void thread_pending_save(struct thread_slot *slot);
void thread_pending_restore(const struct thread_slot *slot);
/* Saved and restored by the checkpoint thread for the whole process. */
void process_state_save(void);
void process_state_restore(void);
void process_pending_save(void);
void process_pending_restore(void);

/* snapshot.c: forks the frozen copy; returns 0 or a negative errno */
int snapshot_fork(void);
/* restart_syscall.c: makes a system call that our signal interrupted begin again */
void syscall_restart(struct thread_slot *slot, void *ucontext);
/* A thread about to wait until a time of CLOCK_MONOTONIC that the system call's arguments do not hold; 0: none. */
void syscall_deadline_set(uint64_t nanoseconds);

/* signals.c */
void signals_init(void);
bool signals_dispatch(int signal, siginfo_t *info, void *ucontext);
/* Set without the checkpoint signal, made in *copy if need be. */
const sigset_t *set_without_ours(const sigset_t *set, sigset_t *copy);
void signals_before_exec(void);
void signals_after_exec(void);

/* resolve.c: the definition of a function that the program would get without this library, or NULL */
void *next_symbol(const char *name);

/* connect.c */
int coordinator_connect(void);
int message_send(int fd, struct wire_message *message);
int message_receive(int fd, struct wire_message *message, int *ret_lease);

#endif
