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

struct thread_scheduling {
    int32_t nice, policy, priority, io_priority;
    uint64_t timer_slack;
    uint32_t bound; /* 1: to the CPUs below, and not merely where the whole tree may run */
    uint32_t reserved;
    uint64_t cpus[THREAD_CPU_WORDS];
};

#define SLOT_PENDING_MAX 32

struct thread_slot {
    int32_t tid;
    uint32_t state;
    uint32_t live; /* 1: parked, to be restored */
    uint32_t pending_count;
    uint32_t ticket;    /* the thread waits for the order that comes after this one */
    uint32_t sent;      /* 1: the signal is on its way */
    uint64_t parked_ns; /* when it came, CLOCK_MONOTONIC */
    uint64_t restored;  /* 1: it has come out of an image since */
    struct arch_context context;
    struct slot_syscall syscall;
    void *ucontext;
    uint64_t robust_head, robust_size;
    uint64_t clear_tid;
    uint64_t rseq; /* address of the registered area, or 0 */
    struct thread_scheduling scheduling;
    int32_t death_signal; /* when its parent dies */
    uint32_t cap_valid;
    uint32_t cap[6]; /* two struct __user_cap_data_struct */
    char name[16];
    siginfo_t pending[SLOT_PENDING_MAX];
};

/* The restorer's message to the library it has just put back. */
struct preload_restored {
    uint64_t restorer_start, restorer_size;
};

#endif
