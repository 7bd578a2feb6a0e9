/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_STOPPED_H
#define CKPT_SUPERVISOR_STOPPED_H

#include "supervisor/coordinator.h"

#include <stdbool.h>

/* Lets the threads of a stopped process run as far as the checkpoint needs; sets member->stopped. */
int stopped_wake(struct coordinator *coordinator, struct member *member, struct ckpt_error *err);
/* Those of its threads that were held until the checkpoint signal would be there go on when it is. */
void stopped_go_on(struct coordinator *coordinator, const struct member *member);
/* Whether a thread of the process is traced by us. */
bool stopped_is_traced(const struct coordinator *coordinator, pid_t outer);
/* Lets the checkpoint thread of a process that was stopped before it could connect do so. */
void stopped_reach(struct coordinator *coordinator, pid_t outer);
/* Once all have parked: member->stopped of each that needed us for that. */
void stopped_note(struct coordinator *coordinator);
/* Of everything that wait(2) reports: true when it was about a thread of such a process, and is dealt with. */
bool stopped_event(struct coordinator *coordinator, pid_t tid, int status);
/* All are as stopped as before, unless they have been continued meanwhile. */
void stopped_let_go(struct coordinator *coordinator);

#endif
