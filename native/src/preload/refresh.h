/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_REFRESH_H
#define CKPT_PRELOAD_REFRESH_H

#include <stdbool.h>
#include <stddef.h>

/* Variables of the environment that belong to the job, not to the task (wire/variables.h). */

/* In the constructor, while the environment may still be the one that the kernel has made. */
void variables_begin(void);

/* In a restored process, before its threads go on: reads the file and changes the program's own environment. */
void variables_take(int fd);

/* What becomes of "NAME=value" in the environment of a new program: itself, another entry, or NULL. */
const char *variable_now(const char *entry);
/* Whether anything becomes something else in it. */
bool variables_differ(char *const *environment);
/* The entries that are added to an environment which descends from the command's own: at most that many, and from which
 * on they are, beginning with NULL. */
size_t variables_added_most(void);
const char *variables_added(char *const *environment, const char *before);

#endif
