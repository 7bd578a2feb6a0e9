/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_KEPT_H
#define CKPT_PRELOAD_KEPT_H

#include <stddef.h>

/* A text of which the library keeps a copy, since the program may change or give back the one that it was given. All lie
 * close together, as every process makes them at its start. A text that is set again stays where it is if there is room:
 * a thread may be about to pass it to exec. */
struct kept {
    char *text; /* NULL: none */
    size_t room;
};

/* The three parts, one behind the other; what cannot be kept is "". */
void kept_set(struct kept *kept, const char *first, const char *second, const char *third);
/* "" where there is none. */
static inline const char *kept_text(const struct kept *kept)
{
    return kept->text != NULL ? kept->text : "";
}

#endif
