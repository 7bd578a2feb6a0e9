/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_REFRESH_H
#define CKPT_SUPERVISOR_REFRESH_H

#include "supervisor/restart.h"

/* What the processes of the plan are to learn about their environment when they are back: *ret_fd is a file with the
 * table of wire/variables.h. list: which variables are the job's, NULL: as recorded in the store. */
int refresh_open(struct store *store, const char *list, const struct restart_plan *plan,
                 int *ret_fd, struct ckpt_error *err);

#endif
