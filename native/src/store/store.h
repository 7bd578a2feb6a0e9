/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_STORE_H
#define CKPT_STORE_STORE_H

/* The directory that holds everything about one task (docs/image-format.md). */

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STORE_FORMAT 1

struct store {
    char *path; /* absolute, without symbolic links */
    int dirfd;
    bool lease_by_age; /* it has been acquired where nobody can lock */
    uint64_t lease_touched_ms;
};

/* What the tree notes there of its files (files/notes.h). */
#define NOTES_NAME "notes"

/* Makes DIR with its parents (0700) if need be, and opens it. -ENOTEMPTY: it holds something else than a store. */
int store_create(const char *dir, struct store **ret, struct ckpt_error *err);

/* Opens a DIR that is a store already; -ENOENT if there is none. */
int store_open(const char *dir, struct store **ret, struct ckpt_error *err);

/* NULL is fine. A lease lives on: it belongs to its own descriptor. */
void store_close(struct store *store);

/* Locks DIR/lease. When another incarnation holds it, tries again until wait_ms are over, then
 * fails with -EBUSY and "DIR is in use by pid N on HOST". The lock belongs to the open file
 * description: it is held as long as any process has a copy of *ret_fd, which is close-on-exec. */
int store_lease_acquire(struct store *store, unsigned wait_ms, int *ret_fd, struct ckpt_error *err);

/* Where nobody can lock: again and again while it is held, and at the end. Otherwise they do nothing. */
void store_lease_touch(struct store *store, int fd);
void store_lease_release(struct store *store, int fd);

/* Who has acquired it last; the caller frees both texts. */
struct lease_owner {
    char *host, *started;
    pid_t pid;
};
int store_lease_owner(struct store *store, struct lease_owner *ret);

/* Whether somebody holds the lease now. */
bool store_lease_is_live(struct store *store);

#endif
