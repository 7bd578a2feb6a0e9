/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_TRIGGERS_H
#define CKPT_SUPERVISOR_TRIGGERS_H

/* What leads to checkpoints while the tree runs: the schedule, requests, signals from outside, the use of memory. */

#include "supervisor/session.h"

/* Their descriptors become watches. */
int triggers_open(struct session *session, struct ckpt_error *err);
/* The tree runs: from now on time counts. */
void triggers_begin(struct session *session);
/* What a generation that was restarted from had cost, for the schedule. */
void triggers_learn(struct session *session, const struct manifest *manifest);
/* Serves the next request, if there is one and nothing is under way. */
void request_serve(struct session *session);
/* No more periodic checkpoints. */
void triggers_end(struct session *session);
/* Something may be due; can be called at any time. */
void triggers_look(struct session *session);
/* Begins whatever is due, now or then (a moment of our clock); not while something is under way. */
void triggers_follow(struct session *session);
void triggers_follow_at(struct session *session, uint64_t when_ms);
/* Whether the end of the task is known by now, or about to be dealt with. */
bool session_ends(const struct session *session);
/* Bytes of the whole tree, as far as it can be seen. */
uint64_t tree_resident(struct session *session);
/* How long the task has run, over all incarnations. */
double run_seconds(const struct session *session);
void status_save(struct session *session);

#endif
