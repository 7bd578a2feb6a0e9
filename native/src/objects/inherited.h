/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_INHERITED_H
#define CKPT_OBJECTS_INHERITED_H

#include "objects/object.h"

/* Once, before ckpt opens anything: which descriptors above the standard ones it was started with. Without this call
 * there are none. */
void inherited_note(void);

/* The number of ours that leads to the same description, or 0. */
int inherited_number(const struct seen_descriptor *seen);

/* Whether a descriptor with that number was given to this ckpt too, with at least the same access. */
bool inherited_again(int number, int flags);

#endif
