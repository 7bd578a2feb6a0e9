/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_IPC_LIMIT_H
#define CKPT_OBJECTS_IPC_LIMIT_H

#include <stdint.h>

/* The limits of System V objects and message queues, kept for each IPC namespace. A new one begins with the kernel's
 * defaults; only root may change them. */
#define IPC_LIMITS_SIZE 12

struct ipc_limits {
    char values[IPC_LIMITS_SIZE][64];
};

/* In the namespace of the host, then in the new one. What cannot be set stays. */
void ipc_limits_read(struct ipc_limits *ret);
void ipc_limits_set(const struct ipc_limits *limits);
/* Of the calling process's namespace, by the name below /proc/sys: at least so much, if it can be had. */
void ipc_limit_raise(const char *name, uint64_t wanted);

#endif
