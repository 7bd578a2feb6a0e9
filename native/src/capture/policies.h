/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CAPTURE_POLICIES_H
#define CKPT_CAPTURE_POLICIES_H

#include "proc/mappings.h"

/* Fills in the memory policies of the mappings from /proc/PID/numa_maps of a process whose thread has no policy of its
 * own, or it would be shown for all. What cannot be told stays 0. */
void policies_read(pid_t outer, struct mappings *mappings);

/* The same from the file's text. */
void policies_parse(const char *text, struct mappings *mappings);

#endif
