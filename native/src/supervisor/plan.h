/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_PLAN_H
#define CKPT_SUPERVISOR_PLAN_H

#include "supervisor/session.h"

/* The interval and the cost of a tree of that size, for status.json; an interval that follows from them is logged when it
 * changes. */
void plan_note(struct session *session, uint64_t bytes);
/* Warns where --grace or the time limit leaves too little time. Beforehand and once each: when the end comes it is too
 * late. */
void windows_check(struct session *session, uint64_t bytes);
/* Logs how long the wait is that has begun. */
void wait_tell(struct session *session);

#endif
