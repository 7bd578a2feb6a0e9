/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_TRIGGERS_H
#define CKPT_SUPERVISOR_TRIGGERS_H

/* What leads to checkpoints while the tree runs: the schedule, requests from outside, the end of what was in the way;
 * and what becomes of the outcome. */

#include "supervisor/session.h"

/* Their descriptors become watches. */
int triggers_open(struct session *session, struct ckpt_error *err);
/* The tree runs: from now on time counts. */
void triggers_begin(struct session *session);
/* What a generation that was restarted from had cost, for the schedule. */
void triggers_learn(struct session *session, const struct manifest *manifest);
/* Serves the next request, if there is one and nothing is under way. */
void request_serve(struct session *session);
/* Answers the one being served; error NULL: with the generation. */
void request_answer(struct session *session, unsigned generation, const char *error);
/* The writer has finished, or is waited for. */
void writing_ended(struct session *session);
/* No more periodic checkpoints. */
void triggers_end(struct session *session);
/* Something may be due; can be called at any time. */
void triggers_look(struct session *session);
/* How long the task has run, over all incarnations. */
double run_seconds(const struct session *session);
void status_save(struct session *session);

#endif
