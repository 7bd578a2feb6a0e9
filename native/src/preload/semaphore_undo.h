/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_SEMAPHORE_UNDO_H
#define CKPT_PRELOAD_SEMAPHORE_UNDO_H

/* In the child of a fork, which has nothing to give back. */
void semaphore_undo_forked(void);
/* The checkpoint thread of a restored process, while it may still do more than the process. */
void semaphore_undo_restore(void);

#endif
