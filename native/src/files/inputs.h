/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_INPUTS_H
#define CKPT_FILES_INPUTS_H

#include "files/catalog.h"

/* Whether the regular files outside that links lead to, seen from workdir, are what they were: -ESTALE. */
int inputs_check(const struct catalog *catalog, const char *workdir, struct ckpt_error *err);

#endif
