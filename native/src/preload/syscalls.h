/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_SYSCALLS_H
#define CKPT_PRELOAD_SYSCALLS_H

/* What has to be known of single system calls in order to make them go on. Pure. */

#include <stdbool.h>
#include <stdint.h>

/* Whether the number can be one that a program makes, for numbers that have been guessed from code. */
bool syscall_may_wait(int64_t number);
/* Whether it may be made again after EINTR. */
bool syscall_begins_again(int64_t number);
/* Whether a signal whose handler has no SA_RESTART ends it, where SA_RESTART would make it begin again. */
bool syscall_ends_for_handler(int64_t number, const uint64_t args[6]);
/* Index of the argument that holds a relative time limit which the kernel does not count down, or -1. */
int syscall_time_argument(int64_t number, const uint64_t args[6]);
bool syscall_counts_milliseconds(int64_t number);
/* SO_RCVTIMEO or SO_SNDTIMEO when that may limit the call, else 0. */
int syscall_socket_limit(int64_t number);
/* Whether the call moves all it is asked to move unless something interrupts it. The indices are those of its buffer
 * (-1: none) and size; both -1 for a call with a vector. */
bool syscall_moves_all(int64_t number, const uint64_t args[6], int *ret_buffer, int *ret_size);

#endif
