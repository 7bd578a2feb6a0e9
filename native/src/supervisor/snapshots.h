/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_SNAPSHOTS_H
#define CKPT_SUPERVISOR_SNAPSHOTS_H

#include "proc/process_tree.h"
#include "supervisor/coordinator.h"
#include "supervisor/writer.h"

/* Makes a snapshot of every living process of the parked tree and fills in the job's sources, and what only the
 * processes know. */
int snapshots_take(struct coordinator *coordinator, struct writer_job *job,
                   const struct process_tree *tree, struct ckpt_error *err);

/* They are not needed any more. */
void snapshots_end(struct coordinator *coordinator);

#endif
