/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_HOSTCHECK_PROBE_H
#define CKPT_COMMON_HOSTCHECK_PROBE_H

#include "common/hostcheck.h"

/* A probe runs in a child of its own making, single-threaded, and may leave that child in any
 * state; what it finds goes into its item, which the parent shares. */

/* Say what came out. The second appends errno's words. */
void probe_ok(struct hostcheck_item *item, const char *detail);
void probe_errno(struct hostcheck_item *item, const char *what);

/* Items of the simple probes, in the order they are shown. */
enum {
    PROBE_USER_NAMESPACE,
    PROBE_PID_NAMESPACE,
    PROBE_MOUNT_NAMESPACE,
    PROBE_TIME_NAMESPACE,
    PROBE_PROC_MOUNT,
    PROBE_SET_TID,
    PROBE_PROCESS_MEMORY,
    PROBE_KCMP,
    PROBE_CHILDREN,
    PROBE_PIDFD_GETFD,
    PROBE_PAGEMAP,
    PROBE_MM_MAP,
    PROBE_CLOSE_RANGE,
    PROBE_MEMFD,
    PROBE_COUNT
};
_Static_assert(PROBE_COUNT <= HOSTCHECK_MAX, "struct hostcheck has room");

/* The kernel features a checkpoint needs. */
void probe_process_memory(struct hostcheck_item *item);
void probe_kcmp(struct hostcheck_item *item);
void probe_children(struct hostcheck_item *item);
void probe_pidfd_getfd(struct hostcheck_item *item);
void probe_pagemap(struct hostcheck_item *item);
void probe_mm_map(struct hostcheck_item *item);
void probe_close_range(struct hostcheck_item *item);
void probe_memfd(struct hostcheck_item *item);

/* The namespaces a restart runs in: all items up to PROBE_SET_TID, in one go. Changes the
 * calling process for good. */
void probe_capsule(struct hostcheck_item *items);

#endif
