/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_REMAINS_H
#define CKPT_SUPERVISOR_REMAINS_H

#include "store/task.h"

/* Ends what is left on this host of an incarnation of the task whose supervisor has died, and waits for that. */
void remains_end(const struct task *task);

#endif
