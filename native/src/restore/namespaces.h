/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_NAMESPACES_H
#define CKPT_RESTORE_NAMESPACES_H

#include "common/error.h"

#include <stdint.h>

struct namespaces_spec {
    int64_t monotonic_shift_ns, boottime_shift_ns;
};

/* The caller enters them; the next child is process 1. -EPERM: they cannot be had here, err says which and what an
 * administrator can do. */
int namespaces_make(const struct namespaces_spec *spec, struct ckpt_error *err);
int ipc_namespace_make(struct ckpt_error *err);
/* In process 1: /proc shows the new PID namespace, and no mount is seen by others. */
int proc_mount(struct ckpt_error *err);

/* Tries both in a process of its own: whether anything can be restarted here. Takes a few milliseconds. */
int namespaces_check(struct ckpt_error *err);

#endif
