/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_FILES_ROLLBACK_STEPS_H
#define CKPT_FILES_ROLLBACK_STEPS_H

/* What rollback.c, rollback_remove.c and rollback_check.c share. */

#include "files/rollback.h"

/* Sets err for a path that cannot be brought back; error is a negative errno. */
int rollback_failed(struct ckpt_error *err, int error, const char *path);
/* The top level decides what is left alone. */
bool rollback_leaves_alone(const struct rollback *rollback, const char *path);

/* rollback_remove.c: the first step. */
int rollback_remove(const struct rollback *rollback, struct rollback_lost *lost,
                    struct ckpt_error *err);

#endif
