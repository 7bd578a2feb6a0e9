/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_STATIC_COMMAND_H
#define CKPT_SUPERVISOR_STATIC_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether a command that has just been started as the process root is a program without a dynamic loader, into which no
 * library can be brought. command is its name, looked for in PATH where the process does not tell. */
bool command_is_static(pid_t root, const char *command);

#endif
