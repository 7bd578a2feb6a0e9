/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_FILTERS_H
#define CKPT_PRELOAD_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#define FILTERS_ENVIRONMENT "CKPT_FILTERS"

struct thread_slot;

/* How many the process is known to be under, those of whoever started the tree not counted. */
uint32_t filters_count(void);
/* Whether a program that is started now can be told of them. */
bool filters_can_be_told(void);

/* Before the calling thread installs the filter that number and arguments (of prctl or seccomp) speak of: false when it
 * cannot be carried. Then, with true only, how it went. Checkpoints are held off in between. */
bool filters_consider(long number, const long arguments[5]);
void filters_installed(bool succeeded);

/* Of a new program, which was told this, or NULL: false when it is under filters that it cannot learn of. */
bool filters_inherit(const char *told);
/* In the child of a fork. */
void filters_forked(void);

/* Each thread for itself, parked. */
void filters_save(struct thread_slot *slot);
/* Why those of this process cannot be installed again, or NULL. */
const char *filters_obstacle(void);
/* The checkpoint thread of a restored process, before its threads are told to; then the speaker, then each of them. */
void filters_restore_prepare(void);
void filters_restore_common(void);
void filters_restore_own(const struct thread_slot *slot);

#endif
