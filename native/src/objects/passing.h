/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_PASSING_H
#define CKPT_OBJECTS_PASSING_H

/* A process that is there for a moment, so that descriptors of a process that has ended can be had. */

#include <sys/types.h>

/* Makes a child that does nothing, with that number if it is free: one that the kernel chooses may be what a thread of
 * the tree is about to get. *ret_pidfd is the caller's if not NULL. -errno on failure. */
pid_t passing_start(pid_t number, int *ret_pidfd);

/* Ends it and waits for it; its parent, we, hears nothing of it later. */
void passing_end(pid_t pid);

#endif
