/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_QUEUE_NOTIFY_H
#define CKPT_PRELOAD_QUEUE_NOTIFY_H

#include <stdbool.h>

/* Whether the process has ever registered for a notification of a POSIX message queue. */
bool queue_notify_is_used(void);
/* By a thread with the program's descriptors: takes the registrations back, and makes them again. */
void queue_notify_off(void);
void queue_notify_on(void);
/* In the child of a fork, which has none. */
void queue_notify_forked(void);

#endif
