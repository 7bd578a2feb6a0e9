/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_NAMESPACES_H
#define CKPT_COMMON_NAMESPACES_H

/* The namespaces that a restart takes. One trial tells `ckpt check`, libckptctl and a restart alike what can be had here;
 * the capsule's launcher enters them by the same steps. */

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

enum namespaces_step {
    NAMESPACES_USER,  /* for who is no administrator */
    NAMESPACES_PID,   /* every process gets its old number */
    NAMESPACES_MOUNT, /* the new working directory stands at the old path */
    NAMESPACES_TIME,  /* the monotonic clock goes on */
    NAMESPACES_PROC,  /* /proc shows the old numbers */
    NAMESPACES_SET_TID,
    NAMESPACES_STEPS
};

struct namespaces_trial {
    struct {
        bool reached;
        struct ckpt_error err; /* code 0: it can be had */
    } steps[NAMESPACES_STEPS];
};

/* What a restart can do with what can be had. */
struct namespaces_means {
    bool mounts;           /* without: it happens in the old directory */
    bool proc;             /* without: /proc shows the numbers of the host */
    struct ckpt_error why; /* what one of the two is missing for */
};

struct namespaces_spec {
    bool mounts;
    int64_t monotonic_shift_ns, boottime_shift_ns;
};

/* The caller enters them; the next child is process 1. -EPERM: they cannot be had here, err says which and what an
 * administrator can do. Mounts are private. */
int namespaces_make(const struct namespaces_spec *spec, struct ckpt_error *err);
int ipc_namespace_make(struct ckpt_error *err);
/* In process 1: /proc shows the new PID namespace. */
int proc_mount(struct ckpt_error *err);

/* The whole way that the capsule's launcher and its process 1 will go, in the calling process, which is good for nothing
 * else afterwards. Fills ret as it goes: another process may look at it. */
void namespaces_walk(struct namespaces_trial *ret);

/* The same in a process of its own, in a few milliseconds. -EPERM: nothing can be restarted here. */
int namespaces_check(struct namespaces_means *ret, struct ckpt_error *err);

#endif
