/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_FILTER_CHECK_H
#define CKPT_PRELOAD_FILTER_CHECK_H

#include <linux/filter.h>
#include <stdbool.h>

/* Whether the filter lets the library do all that a checkpoint and a restart take. Takes 8 KiB of stack. */
bool filter_permits_us(const struct sock_filter *code, unsigned count);

#endif
