/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_VERIFY_H
#define CKPT_STORE_VERIFY_H

#include "common/error.h"
#include "store/manifest.h"
#include "store/store.h"

/* Reads all of the generation, and what it relies on of the store's notes, and compares it with its manifest, which it returns
 * unless ret is NULL. -ENOENT: no such complete generation. -EBADMSG: damaged; the message names the generation, the file and
 * what is wrong. */
int generation_verify(struct store *store, unsigned number, struct manifest *ret,
                      struct ckpt_error *err);

#endif
