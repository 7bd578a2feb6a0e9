/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_CLI_USAGE_H
#define CKPT_CLI_USAGE_H

extern const char usage_text[];

#endif
