/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_EXIT_CODES_H
#define CKPT_SUPERVISOR_EXIT_CODES_H

/* Exit statuses of ckpt that are not the command's. */
#define EXIT_USAGE          2
#define EXIT_NOT_EXECUTABLE 126 /* as the shell has it */
#define EXIT_NOT_FOUND      127
#define EXIT_CHECKPOINT     175 /* a demanded checkpoint failed */
#define EXIT_RESTART_FAILED 176 /* no generation could be restarted */

#endif
