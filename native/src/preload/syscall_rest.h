/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_SYSCALL_REST_H
#define CKPT_PRELOAD_SYSCALL_REST_H

/* What is left of a system call that our signal interrupted, where making the same call again would be wrong: a wait
 * for a time, of which some has passed, and a transfer, of which some is done. restart_syscall.c lays one of these on the
 * thread's stack and sends the thread to it; the program finds all its registers as any system call leaves them. */

#include "arch/x86_64/resume.h"
#include "preload/preload.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

enum rest_kind {
    REST_WAIT,     /* until deadline */
    REST_SOCKET,   /* likewise, and the time limit is the socket's */
    REST_TRANSFER, /* of size bytes more, done has been moved */
};

struct syscall_rest {
    struct arch_resume resume; /* first */
    enum rest_kind kind;
    volatile uint32_t interrupted; /* by us, in the call under way */
    uint64_t deadline;             /* CLOCK_MONOTONIC in ns; 0: left is all that is known */
    struct timespec left;
    int time_argument; /* index of the one that holds the limit */
    bool milliseconds; /* it is a number of them, not an address */
    /* What is left goes there as well when a signal of its own comes, or NULL. */
    struct timespec *left_for_program;
    int buffer_argument, size_argument; /* indices; buffer -1: there is none */
    int64_t done;
    const struct iovec *parts; /* behind the present one */
    size_t part_count;
};

/* The first rest of a call; false: there is none, the call has to be made again as it was. now: when it was
 * interrupted; deadline: when it was to end, 0: unknown, then the time asked for counts from now on. */
bool syscall_rest_wait(struct syscall_rest *rest, int64_t number, const uint64_t args[6],
                       uint64_t now, uint64_t deadline);
/* Likewise; false: what the call has returned is its result. */
bool syscall_rest_transfer(struct syscall_rest *rest, int64_t number, const uint64_t args[6],
                           int64_t done);

#endif
