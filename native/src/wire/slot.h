/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SLOT_H
#define CKPT_SLOT_H

#include "arch/x86_64/raw.h"

#include <signal.h>
#include <stdint.h>

/* One user thread of a process under checkpoint. The table of slots lives in the process's own memory and so is part
 * of its image; the restorer reads tid, live and context from it, all else is the library's. */

enum slot_state {
    SLOT_FREE = 0,
    SLOT_REQUESTED, /* the checkpoint signal is on its way */
    SLOT_PARKED,
    SLOT_LEFT, /* has gone on */
    SLOT_GONE, /* ended before it parked */
};

/* What /proc/self/task/TID/syscall said just before the signal was sent. */
struct slot_syscall {
    int64_t number; /* -1: not in a system call */
    uint64_t args[6];
    uint64_t sp, pc;
};

#define THREAD_CPU_WORDS 16

#define THREAD_NODE_WORDS 16 /* more than kernels are built for */

struct thread_scheduling {
    int32_t nice, policy, priority, io_priority;
    uint64_t timer_slack;
    uint32_t bound; /* 1: to the CPUs below, and not merely where the whole tree may run */
    uint32_t has_own_nice, has_own_io_priority;
    int32_t memory_policy; /* of set_mempolicy(2), with its flags; 0: none */
    uint64_t memory_nodes[THREAD_NODE_WORDS];
    uint64_t cpus[THREAD_CPU_WORDS];
};

struct thread_credentials {
    uint32_t uids[3], gids[3]; /* real, effective, saved */
    uint32_t fs_uid, fs_gid;
    int32_t secure_bits, no_new_privileges;
    uint32_t capabilities_known;
    uint32_t capabilities[6]; /* two struct __user_cap_data_struct */
};

#define THREAD_SPECULATIONS 3

/* As the kernel returns them; negative: it does not know them. */
struct thread_settings {
    int32_t personality;
    int32_t time_stamp_counter, cpuid, machine_check, io_flusher;
    int32_t speculation[THREAD_SPECULATIONS];
};

#define SLOT_PENDING_MAX 32

struct thread_slot {
    int32_t tid;
    uint32_t state;
    uint32_t live; /* 1: parked, to be restored */
    uint32_t pending_count;
    uint32_t ticket;    /* the thread waits for the order that comes after this one */
    uint32_t asked;     /* 1: the coordinator has been asked to force it */
    uint32_t sent;      /* 1: the signal is on its way */
    uint64_t parked_ns; /* when it came, CLOCK_MONOTONIC */
    uint64_t restored;  /* 1: it has come out of an image since */
    uint32_t again;     /* it could not park where it was and wants the signal again */
    int32_t shown;      /* its number in /proc, which may be another process's than the tree's */
    struct arch_context context;
    struct slot_syscall syscall;
    void *ucontext;
    uint64_t robust_head, robust_size;
    uint64_t clear_tid;
    uint64_t rseq; /* address of the registered area, or 0 */
    struct thread_scheduling scheduling;
    int32_t death_signal; /* when its parent dies */
    uint32_t filters;     /* of the process's seccomp filters, under how many it is */
    struct thread_credentials credentials;
    struct thread_settings settings;
    char name[16];
    siginfo_t pending[SLOT_PENDING_MAX];
};

#define RESTORED_LIMITS 16 /* the kernel's RLIM_NLIMITS */

/* The restorer's message to the library it has just put back. */
struct preload_restored {
    uint64_t restorer_start, restorer_size;
    uint64_t limits[RESTORED_LIMITS]
                   [2];   /* soft and hard, by resource, to be set as far as granted */
    uint64_t stop_signal; /* the process was stopped by this, or 0 */
    uint64_t vdso;        /* where the running one is, 0: where it was */
    int32_t proc_fd;      /* of /proc, when the process has another root directory; else -1 */
    int32_t reserved;
};

#endif
