/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_RESTORER_CODE_H
#define CKPT_RESTORE_RESTORER_CODE_H

/* What the files of the restorer share; its rules are in restorer.h. */

#include "restore/restorer.h"

#include <stdbool.h>

/* In front of each of its functions; in front of one that other files call: hidden, so that no table is needed. */
#define RESTORER_CODE   __attribute__((section("restorer_code"), noinline))
#define RESTORER_SHARED RESTORER_CODE __attribute__((visibility("hidden")))

RESTORER_SHARED __attribute__((noreturn)) void
restorer_fail(const struct restorer_args *args, int step, long error, uint64_t address);

/* restorer_memory.c */
RESTORER_SHARED void restorer_memory(struct restorer_args *args);

/* restorer_threads.c. The thread gets the checkpoint's number tid, and goes on at target with argument. */
RESTORER_SHARED void restorer_thread_make(struct restorer_args *args, int32_t tid, uint64_t flags,
                                          uint64_t stack, uint64_t tls, uint64_t target,
                                          uint64_t argument);
/* All user threads but the main one. */
RESTORER_SHARED void restorer_threads_make(struct restorer_args *args);
/* The thread with that number, 0: any, if it lives. */
RESTORER_SHARED const struct thread_slot *restorer_slot_find(const struct restorer_args *args,
                                                             int32_t tid);
/* Leaves for context, in which arch_context_save() returns 1; see struct arch_context. */
RESTORER_SHARED __attribute__((noreturn)) void restorer_jump(const struct arch_context *context);

#endif
