/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_PREPARE_H
#define CKPT_SUPERVISOR_PREPARE_H

#include "supervisor/coordinator.h"

struct precopy;

/* What is done for a checkpoint while the tree still runs. */
struct prepared {
    struct watch done; /* first: the event loop hands it back */
    bool finished;
    double seconds;          /* that the last preparation took */
    struct precopy *precopy; /* NULL: nothing is prepared or being prepared */
};

/* Before the first, and after the last one; closing ends what is under way. */
int prepared_open(struct prepared *prepared, struct coordinator *coordinator,
                  struct ckpt_error *err);
void prepared_close(struct prepared *prepared);

/* Copies shared memory, if there is so much that it matters, and handles events meanwhile. One of them may have led to
 * prepared_drop(). */
void prepared_make(struct prepared *prepared, struct coordinator *coordinator);

/* Ends what is under way and forgets what there is. */
void prepared_drop(struct prepared *prepared);

#endif
