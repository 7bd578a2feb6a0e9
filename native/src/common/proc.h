/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_PROC_H
#define CKPT_COMMON_PROC_H

#include <sys/types.h>

/* The whole of /proc/PID/NAME, however long, for the caller to free; 0 or -errno. */
int proc_text_read(pid_t pid, const char *name, char **ret);

#endif
