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
#define PRELOAD_SIGNAL     33 /* libc's own, see docs/decisions/0006 */

#define EXPORT __attribute__((visibility("default")))
/* For big variables that few processes need: kept away from those that every process writes at its start, since each
 * page written costs a fault, and another one in every child. */
#define SELDOM      __attribute__((section(".bss.seldom")))
#define BIT(signal) (1UL << ((signal)-1))

/* sigaction as the kernel has it, which differs from libc's. */
struct kernel_sigaction {
    void *handler;
    unsigned long flags;
    void *restorer;
    unsigned long mask;
};

/* What a parked thread is told to do. */
enum park_order {
    PARK_NOTE,           /* look which signals are pending for the thread */
    PARK_RESEND,         /* in a restored process: make them pending again */
    PARK_RESEND_PROCESS, /* the speaker: make those of the process pending again */
    PARK_NOTIFY_OFF,     /* the speaker: registrations with message queues */
    PARK_NOTIFY_ON,
    PARK_FILTER_ALL, /* in a restored process, the speaker: seccomp filters of all threads */
    PARK_FILTER,     /* the thread's own ones */
    PARK_CLAIM, /* the speaker: take a signal of the process that the main thread would have taken */
    PARK_LEAVE,
};

/* What sigreturn will find pending. */
enum signal_waiting {
    SIGNAL_NONE,       /* nothing that a handler of the program would run for */
    SIGNAL_RESTARTS,   /* its handler has SA_RESTART */
    SIGNAL_INTERRUPTS, /* it has not */
};

struct preload {
    int signal;      /* the checkpoint signal */
    bool supervised; /* when the coordinator dies, so does the process */
    /* Inode of the network namespace in which the coordinator listens, 0: unknown. */
    uint64_t network;
    bool managed;         /* a coordinator is named in the environment */
    char coordinator[64]; /* its socket's name, without the leading NUL */
    int pid;
    int coordinator_fd;          /* the checkpoint thread's connection */
    volatile int checkpoint_tid; /* 0 once it has ended */
    volatile uint32_t settled;   /* futex: it has closed its copies of the program's descriptors */
    /* Has installed a filter of system calls, or 0; see wrap_seccomp.c. */
    volatile int filtered_pid;
    volatile bool leaving; /* it is to end, see away.c */
    bool main_ended;       /* its main thread has ended, others have not */
    uint64_t checkpoint;   /* number of the one under way */
    uint32_t generation;   /* that it makes */
    bool final;            /* the tree ends then */
    /* Futex: 1 from before the first signal of a checkpoint until every thread has left. */
    volatile uint32_t announced;
    /* Futex: how many threads must not be sent a signal now, see hold.c. */
    volatile uint32_t holders;
    volatile uint32_t parked;  /* futex: how many have parked */
    volatile uint32_t orders;  /* futex: how many orders have been given to parked threads */
    volatile uint32_t obeyed;  /* futex: how many threads have done the last one */
    volatile uint32_t arrived; /* futex: how many have come out of the image */
    enum park_order order;
    struct wire_inherited inherited; /* of the coordinator, at this checkpoint */
    struct thread_slot *slots;
    uint32_t slot_room; /* how many there may be */
    volatile uint32_t slot_count;
    struct preload_restored restorer;
    uint64_t vdso_start, vdso_end; /* the kernel's code in the process */
};
extern struct preload preload;

/* start.c */
/* In the child of a fork, or of what amounts to one. */
void process_forked(void);
void checkpoint_thread_start(void);
/* late_start.c: the checkpoint thread is started before long, or now if it has not been yet. */
void checkpoint_thread_expect(void);
void checkpoint_thread_require(void);
bool is_late_start(const siginfo_t *info);
/* away.c: it ends, or is not started, and checkpoints are held off; false if that cannot be. With true the second has it
 * started again. */
bool checkpoint_thread_away(void);
void checkpoint_thread_back(bool away);
/* Whether it runs and has to be ended (away.c); if not, it will not be started before it is expected again. */
bool checkpoint_thread_forestall(void);
/* Returns when it has closed its copies of the program's descriptors. */
void checkpoint_thread_settled(void);
/* thread.c: the checkpoint thread's life, and its second birth in a restored process */
void checkpoint_thread_main(void *unused);
void checkpoint_thread_restored(void *unused);
extern char checkpoint_thread_stack[PRELOAD_STACK_SIZE];
/* coordinator.c: starts a coordinator for a process that has none; fills preload.coordinator */
bool coordinator_start(void);

/* threads.c: the checkpoint thread parks all others, tells them something while they are parked, lets them go */
int threads_park(const char **ret_reason);
void threads_pending_note(void);
/* In a restored process, before the first release; does nothing otherwise. */
void threads_settle(void);
void threads_release(void);
/* The parked thread that acts for the process: the main one unless it has ended. */
struct thread_slot *threads_speaker(void);
/* tasks.c: the letter in /proc/self/task/TID/stat, or 0 */
char task_state(int tid);
/* Returns when no thread of that process which is stopped is still on its way into the stop. */
void stopped_tasks_await(int pid);
void task_syscall_note(struct thread_slot *slot);
/* The thread with that number in /proc/self/task, or 0: it has ended. */
int task_of_shown(int shown);
bool task_blocks_signal(int tid);
/* park.c */
void park_handler(int signal, siginfo_t *info, void *ucontext);

/* proc.c: the checkpoint thread opens what is below /proc. Hold: -1, or a descriptor of that directory. */
void proc_hold(int given);
void proc_forget(void);
/* Of a process that was forked in another root directory. */
bool proc_is_out_of_reach(void);
long proc_open(const char *name, int flags);
/* /proc has other numbers than ours: after a restart without a mount namespace. */
bool proc_is_foreign(void);
/* The number that it has for the process. */
int proc_own_number(void);
/* The process, or one that it has been forked from, has called chroot. */
extern bool has_been_rooted;

/* dumpable.c: around a checkpoint, so that the supervisor can look into the process */
void dumpable_expose(void);
void dumpable_hide(void);

/* blockers.c: threads that block the checkpoint signal. blocker_parks() restores the mask of one that was forced. */
bool blocker_is_known(int tid);
void blocker_force(int tid);
void blocker_parks(int tid, uint64_t *mask);

/* hold.c: between the two no thread of the process is sent the checkpoint signal, nor has one on its way */
bool checkpoint_hold(void);
void checkpoint_unhold(bool held);
/* The checkpoint thread waits until nobody holds; false when the deadline comes first. */
bool holders_await(uint64_t deadline);

/* vdso.c: the checkpoint thread finds out where the vDSO is; a thread that stands in it does not park there. */
void vdso_find(void);
bool stands_in_vdso(const void *ucontext);

/* Saved by the owner while parked, restored by the owner before it leaves. */
void thread_state_save(struct thread_slot *slot);
void thread_state_restore(struct thread_slot *slot);
void thread_death_signal_restore(const struct thread_slot *slot);
void thread_scheduling_save(struct thread_scheduling *scheduling);
void thread_scheduling_restore(const struct thread_scheduling *scheduling);
void thread_settings_save(struct thread_settings *settings);
void thread_settings_restore(const struct thread_settings *settings);
void thread_credentials_save(struct thread_credentials *credentials);
/* Also for the checkpoint thread of a restored process, which has those of the first user thread. */
void thread_credentials_restore(const struct thread_credentials *credentials);
/* Saved and restored by the checkpoint thread for the whole process. */
int process_state_save(void);
void process_state_restore(void);
/* The limits of a restored process, before its credentials are. */
void process_limits_restore(void);
/* Separate and late: an interval timer sends signals. */
void process_timers_restore(void);

void membarrier_save(void);
void membarrier_restore(void);
void protection_keys_save(void);
void protection_keys_restore(void);
int posix_timers_save(void);
void posix_timers_restore(void);

/* pending.c. The checkpoint thread takes the process's, then each thread its own and sends it again, then the main
 * thread sends the process's again. */
void process_pending_save(void);
bool process_pending_saved(void);
/* Those that have been saved which some thread takes as soon as it goes on; without what pending_restored() drops. */
unsigned long pending_deliverable_set(void);
/* In a restored process: those that ended the tree which the image was taken of are not for this one. */
void pending_restored(void);
void thread_pending_save(struct thread_slot *slot);
void thread_pending_resend(const struct thread_slot *slot);
void process_pending_resend(void);
/* The checkpoint thread notes, for signal_claim(), which are pending for the process; true if there are any. */
bool process_pending_look(void);
/* What will be delivered to the calling thread when its signal mask becomes this; a signal of the process for which a
 * handler would run is made its own. */
enum signal_waiting signal_claim(unsigned long mask);

/* wrap_memory.c: what the snapshot would not get, being a child. Save fails when there are too many areas; between
 * expose and hide a child gets everything. */
int unforked_memory_save(void);
/* There is some that the wrappers have not seen made. */
void unforked_memory_expect(void);
void unforked_memory_expose(void);
void unforked_memory_hide(void);
void unforked_memory_restore(void);

/* stopped.c. Each of up to WIRE_STOPPED_MAX children: the signal that stopped it, 0 when that has been reported. */
void stopped_children_save(const int32_t *pids, uint8_t *ret_signals);
/* Waits until they have stopped again. */
void stopped_children_restore(void);
/* Returns when the process has been continued, or when the supervisor lets the thread run and is_awaited(fd) says that it
 * wants something. */
void process_stop(int signal, bool (*is_awaited)(int fd), int fd);

/* snapshot.c: forks the frozen copy; returns 0 or a negative errno, -ERANGE when it did not get all of the memory, -ECHILD
 * when it was killed at once */
int snapshot_fork(void);
/* When our signal came (CLOCK_MONOTONIC in ns), and how much of the time since then does not count: what a restart took
 * would make every wait of the tree run out at once, before those whom they wait for have done anything. */
struct interruption {
    uint64_t at, lost;
};
/* restart_syscall.c: makes a system call that our signal interrupted go on, or end with EINTR when that is what the
 * waiting signal means to do. slot may be NULL. */
void syscall_restart(const struct thread_slot *slot, void *ucontext, struct interruption when,
                     enum signal_waiting waiting);

/* signals.c */
void signals_init(void);
/* Makes sure that the checkpoint signal comes to us; true if it did not. */
bool signals_claim(void);
void signals_dispatch(int signal, siginfo_t *info, void *ucontext);
/* Whether a handler of the program would run for the signal, and with which flags. */
bool signal_has_handler(int signal, unsigned long *ret_flags);
/* exec keeps an ignored signal ignored: around it the kernel sees what the program believes. What the first returns is
 * for the second, which runs if exec has failed. */
bool signals_before_exec(void);
void signals_after_exec(bool held);
/* Whether a new program would see the difference. */
bool signals_differ(void);

/* outside.c: holds those signals when they come from outside of the tree */
void outside_init(unsigned long signals);
void outside_forked(void);
/* Around a fork, in the calling thread: no signal comes meanwhile. The second in parent and child, with what the first
 * has returned. */
unsigned long outside_fork_begin(void);
void outside_fork_end(unsigned long before);
/* Whether it is one of them, from there, and among those that end the tree whose image is made. */
bool signal_is_from_outside(const siginfo_t *info);

/* resolve.c: the definition of a function or a variable that the program would get without this library, or NULL */
void *next_symbol(const char *name);

/* connect.c */
int coordinator_connect(void);
int message_send(int fd, struct wire_message *message);
/* Descriptors that came along, or as they were; see WIRE_WELCOME. */
int message_receive(int fd, struct wire_message *message, int ret_descriptors[WIRE_DESCRIPTORS]);

#endif
