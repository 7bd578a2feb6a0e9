/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_PROC_H
#define CKPT_COMMON_PROC_H

#include <stdbool.h>
#include <sys/types.h>

/* The whole of /proc/PID/NAME, however long, for the caller to free; 0 or -errno. PID 0: the caller, also where /proc shows
 * it by another number than it knows. */
int proc_text_read(pid_t pid, const char *name, char **ret);

/* What the kernel takes in one piece, such as a map of user ids; 0 or -errno. */
int proc_write(const char *path, const char *text);

/* Whether we may do what takes CAP_SYS_ADMIN. */
bool is_administrator(void);

#endif
