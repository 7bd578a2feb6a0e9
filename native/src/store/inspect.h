/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_INSPECT_H
#define CKPT_STORE_INSPECT_H

#include "common/error.h"
#include "store/store.h"

struct json_object;

/* The whole store without reading any image, as ckptctl_inspect() documents it. The caller puts
 * *ret. */
int store_inspect(struct store *store, struct json_object **ret, struct ckpt_error *err);

/* The array "generations" of that document alone. */
int store_inspect_generations(struct store *store, struct json_object **ret,
                              struct ckpt_error *err);

/* One entry: the manifest, or {"generation":N,"damaged":"why"}. With verify its files are read
 * too. NULL: no memory. */
struct json_object *store_inspect_generation(struct store *store, unsigned number, bool verify);

#endif
