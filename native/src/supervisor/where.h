/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_WHERE_H
#define CKPT_SUPERVISOR_WHERE_H

#include "store/task.h"
#include "supervisor/supervisor.h"

#include <limits.h>
#include <stdbool.h>

/* Which directory a restart goes on in. One that is the task's alone: where we are. Any other holds what is not the
 * task's and cannot move along: the one it was started in, or where we are if that has been moved or is gone. Says
 * one line where people might expect something else. */
int where_to_continue(struct task *task, enum run_mode mode, bool dedicated, const char *cwd,
                      char ret[PATH_MAX], struct ckpt_error *err);

#endif
