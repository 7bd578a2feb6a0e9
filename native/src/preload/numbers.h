/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_NUMBERS_H
#define CKPT_PRELOAD_NUMBERS_H

#include "wire/numbers.h"

/* What the process knows files by, see wire/numbers.h. A number that the kernel has told belongs to the table of the
 * same incarnation: whoever translates one takes the table first, asks the kernel then, and begins again when the round
 * is another afterwards. */
uint32_t numbers_round(void);
/* NULL: every number is what it is. */
const struct numbers *numbers_table(void);

/* In a restored process, before its threads run: there may be another table. */
void numbers_forget(void);

#endif
