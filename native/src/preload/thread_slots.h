/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_THREAD_SLOTS_H
#define CKPT_PRELOAD_THREAD_SLOTS_H

#include "preload/preload.h"

/* Makes room for as many as can be had; false without memory. */
bool slots_allocate(void);

/* Adds every thread that has not been asked and asks it; returns how many, or a negative errno. The listing leaves threads
 * out when others end meanwhile; *ret_complete says that it holds as many as there are. */
int slots_request(bool *ret_complete);
/* Asks the thread by our signal. */
void slot_signal(struct thread_slot *slot);

/* Whether it has been asked and has neither parked nor ended; one of those, or NULL. */
bool slot_is_missing(const struct thread_slot *slot);
struct thread_slot *slot_missing(void);

#endif
