/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_LEASE_AGE_H
#define CKPT_STORE_LEASE_AGE_H

#include "store/store.h"

#include <stdbool.h>

#define LEASE_LIMIT    4096
#define LEASE_STALE_MS 61000 /* after which nobody can hold it any more */

/* What flock(2) has failed with means that nobody can lock there. */
bool lease_locks_are_missing(int error);
/* Nobody else looks and writes his name before lease_unclaim(); false: somebody does just now. */
bool lease_claim(struct store *store);
void lease_unclaim(struct store *store);
/* He was on this host, and has gone. */
bool lease_holder_is_dead(const char *host, uint64_t pid);
/* Whether somebody has it who lives, as far as that can be told without locks. */
bool lease_is_held_by_age(struct store *store, const char *name);

#endif
