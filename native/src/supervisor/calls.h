/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_CALLS_H
#define CKPT_SUPERVISOR_CALLS_H

/* What processes of the tree ask for themselves (wire/wire.h, WIRE_CALL): a checkpoint, none for a while, what to do
 * with a signal. */

#include "supervisor/session.h"

/* Opened before the first process connects. */
void calls_open(struct session *session);
void calls_close(struct session *session);

/* Whether somebody waits for a checkpoint that has not been begun. */
bool calls_want_checkpoint(const struct session *session);
/* One is begun: it is theirs. */
void calls_begin(struct session *session);
/* It has come to its end: generation, or 0 and the reason. */
void calls_end(struct session *session, unsigned generation, const char *reason);

/* Whether a process holds checkpoints off, other than those that ask for one. */
bool calls_hold(const struct session *session);

/* Signals from outside that members hold. Whether a checkpoint is wanted for them, and until when they may wait. */
bool calls_signals_wait(const struct session *session, uint64_t *ret_since_ms);
/* They take effect; certain: only those that are surely from outside stay. */
void calls_signals_deliver(struct session *session, bool keep_certain);

#endif
