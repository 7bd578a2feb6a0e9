/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_ATTEMPT_H
#define CKPT_SUPERVISOR_ATTEMPT_H

#include "supervisor/session.h"

/* Before any image: what a restart needs and nobody else asks for. */
int image_prepare(struct session *session, struct ckpt_error *err);
/* Begins one, unless a process holds it off: then it is begun when that has an end. */
void checkpoint_start(struct session *session, enum manifest_cause cause);
/* The writer has finished, or is waited for. */
void writing_ended(struct session *session);
void writing_ready(struct coordinator *coordinator,
                   struct watch *watch); /* the same, for its watch */
/* Whether it is worth trying again after that error, which this waits a while for; tries: how often it has been. */
bool obstacle_passes(struct session *session, const struct ckpt_error *err, int tries);
/* Answers the request being served; error NULL: with the generation. */
void request_answer(struct session *session, unsigned generation, const char *error);

#endif
