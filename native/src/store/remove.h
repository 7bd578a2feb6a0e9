/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_REMOVE_H
#define CKPT_STORE_REMOVE_H

#include "store/store.h"

#include <stdint.h>

/* Removes the directory with all that is in it; *ret_bytes is what that took on disk. -EBUSY while somebody holds the
 * lease, and then nothing has happened. The store is still to be closed. */
int store_remove(struct store *store, uint64_t *ret_bytes, struct ckpt_error *err);

/* The same by the holder of the lease. -ESTALE when it has gone from its path. */
int store_remove_held(struct store *store, struct ckpt_error *err);

#endif
