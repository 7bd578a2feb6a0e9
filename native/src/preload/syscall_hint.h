/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_SYSCALL_HINT_H
#define CKPT_PRELOAD_SYSCALL_HINT_H

#include "preload/preload.h"

#include <stdint.h>

/* What a wrapper knows of the system call that libc is about to make for it, for restart_syscall.c. It counts while the
 * thread is just below the wrapper's frame on the stack: a handler of the program that runs meanwhile is further away,
 * and one that never returns leaves nothing behind that could be taken for something else. */
struct syscall_hint {
    int64_t number;    /* with PLAIN_HINT: the rest is another wrapper's, further away */
    uint64_t sp;       /* the wrapper's frame; 0: no hint */
    uint64_t deadline; /* CLOCK_MONOTONIC in ns; 0: none, or the system call's arguments tell */
    uint64_t request;  /* of a sleep: the address of the time asked for, else 0 */
    int32_t socket;    /* of a message that is sent, else -1 */
};
extern __thread struct syscall_hint syscall_hint __attribute__((visibility("hidden")));

#define PLAIN_HINT (1L << 32)

/* For calls that are made often and have no time limit in their arguments: the same, in fewer instructions. */
#define WITH_PLAIN_HINT(number_, call_)                                                            \
    ({                                                                                             \
        int64_t number_before_ = syscall_hint.number;                                              \
        uint64_t sp_before_ = syscall_hint.sp;                                                     \
        syscall_hint.number = (number_) | PLAIN_HINT;                                              \
        syscall_hint.sp = (uint64_t)__builtin_frame_address(0);                                    \
        __asm__ volatile("" ::: "memory");                                                         \
        __typeof__(call_) result_ = (call_);                                                       \
        __asm__ volatile("" ::: "memory");                                                         \
        syscall_hint.number = number_before_;                                                      \
        syscall_hint.sp = sp_before_;                                                              \
        result_;                                                                                   \
    })

/* Calls something that makes the system call number, and maybe waits there; an expression, since the frame must be the
 * wrapper's. */
#define WITH_HINT(waits_, number_, deadline_, request_, call_)                                     \
    WITH_SOCKET_HINT(waits_, number_, deadline_, request_, -1, call_)

#define WITH_SOCKET_HINT(waits_, number_, deadline_, request_, socket_, call_)                     \
    ({                                                                                             \
        if (waits_)                                                                                \
            checkpoint_thread_require();                                                           \
        struct syscall_hint before_ = syscall_hint;                                                \
        syscall_hint = (struct syscall_hint){.number = (number_),                                  \
                                             .sp = (uint64_t)__builtin_frame_address(0),           \
                                             .deadline = (deadline_),                              \
                                             .request = (uint64_t)(request_),                      \
                                             .socket = (socket_)};                                 \
        __asm__ volatile("" ::: "memory");                                                         \
        __typeof__(call_) result_ = (call_);                                                       \
        __asm__ volatile("" ::: "memory");                                                         \
        syscall_hint = before_;                                                                    \
        result_;                                                                                   \
    })

#endif
