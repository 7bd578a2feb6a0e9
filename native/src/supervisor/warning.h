/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_SUPERVISOR_WARNING_H
#define CKPT_SUPERVISOR_WARNING_H

#include "store/status.h"

/* A warning that is in status.json as well, and so in what people ask for later. */
void warn_on_record(struct status *status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
