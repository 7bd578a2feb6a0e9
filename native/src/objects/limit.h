/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_LIMIT_H
#define CKPT_OBJECTS_LIMIT_H

/* Resource limits and what the kernel's killer of processes thinks of one. A task inherits them from the job it runs in,
 * and a restart runs in another job: what the task has not set itself is that job's. docs/decisions/0010 says why. */

#include "common/error.h"
#include "image/tree.h"

/* Of any process that can be seen, or -errno. */
int limits_read(pid_t pid, struct image_limit ret[IMAGE_LIMITS]);
int oom_score_read(pid_t pid, int *ret);

/* What a process gets that had `saved` under a supervisor with `before`, when the supervisor now has `now`. The hard
 * limit may be more than the kernel grants. */
struct image_limit limit_decide(struct image_limit saved, struct image_limit before,
                                struct image_limit now);

/* In the capsule: so that nothing the restart does itself meets a soft limit. */
void limits_raise(void);
/* In the process; -errno when the kernel does not grant it. */
int oom_score_restore(const struct image_process *process, const struct tree_image *tree, int now);

#endif
