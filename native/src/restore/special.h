/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_RESTORE_SPECIAL_H
#define CKPT_RESTORE_SPECIAL_H

#include "common/error.h"
#include "image/process.h"
#include "proc/mappings.h"
#include "restore/restorer.h"

#include <stdint.h>

/* From the first to the end of the last of this process's special mappings. */
uint64_t special_span(const struct mappings *own);

/* Decides what becomes of them: they go where the image had its own, when these are the same, or stay at special_at.
 * Reads args->mem_fd and args->special_at, fills in special, special_stays, vdso and patches. */
int special_fill(const struct mappings *own, const struct process_image *image,
                 struct restorer_args *args, struct ckpt_error *err);

#endif
