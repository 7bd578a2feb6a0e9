/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_ROOM_H
#define CKPT_SUPERVISOR_ROOM_H

#include "supervisor/session.h"

/* Where a checkpoint has failed because its store can take no more: says so in place of the call that met it first. Any
 * other error stays as it is. */
void room_tell(struct session *session, struct ckpt_error *err);

#endif
