/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_MANIFEST_NAME_H
#define CKPT_STORE_MANIFEST_NAME_H

#include <stdbool.h>

#define MANIFEST_NAME "manifest.json"

/* Whether a file of a generation may have that name: it must stay inside its directory. */
bool manifest_name_is_valid(const char *name);

#endif
