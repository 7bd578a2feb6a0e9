/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_HOSTCHECK_H
#define CKPT_COMMON_HOSTCHECK_H

/* What this host can do: every kernel feature is tried out, in a child process, never guessed
 * from a version. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

struct hostcheck_item {
    const char *name;
    bool required; /* an optional one that is missing is only a note */
    bool ok;
    char detail[384];
};

#define HOSTCHECK_MAX 24

struct hostcheck {
    bool usable; /* every required one is ok */
    struct hostcheck_item items[HOSTCHECK_MAX];
    size_t count;
};

/* Takes some 10 ms. Fails only when no child can be started. */
int hostcheck_run(struct hostcheck *ret, struct ckpt_error *err);

/* The caller puts the object. NULL when memory is short. */
struct json_object *hostcheck_to_json(const struct hostcheck *check);

#endif
