/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_UNBLOCK_H
#define CKPT_SUPERVISOR_UNBLOCK_H

#include "wire/wire.h"

#include <sys/types.h>

/* Opens the checkpoint signal for a thread of process outer that blocks it; 0 or -errno. */
int thread_unblock(pid_t outer, const struct wire_blocked *blocked);

#endif
