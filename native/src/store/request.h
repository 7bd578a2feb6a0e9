/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_REQUEST_H
#define CKPT_STORE_REQUEST_H

/* Asking a running task for a checkpoint, by files alone, so that it works from any host that
 * sees the store. */

#include "common/error.h"
#include "common/random.h"
#include "store/store.h"

/* The asker. Waits at most timeout_ms for the checkpoint to be complete. -ESRCH: nothing is
 * running there. -ETIMEDOUT: no answer in time. -ECANCELED: the checkpoint could not be taken;
 * the message has the reason. Leaves no file behind. */
int request_checkpoint(struct store *store, unsigned timeout_ms, unsigned *ret_generation,
                       struct ckpt_error *err);

/* The supervisor. An asker on its host tells it by WIRE_ASKED that there is something to look for; it should look every
 * second anyway, for those on other hosts. request_prepare() removes what earlier incarnations left. */
void request_prepare(struct store *store);

/* 1 and the oldest pending request, 0 when there is none, or -errno. Files with foreign names
 * are ignored. */
int request_next(struct store *store, char ret_id[CKPT_ID_SIZE]);

/* Answers with the generation, or with the reason why there is none, and removes the request.
 * When the asker has gone there is no answer. */
int request_reply(struct store *store, const char *id, unsigned generation, const char *error,
                  struct ckpt_error *err);

#endif
