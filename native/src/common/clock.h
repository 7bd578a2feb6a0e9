/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_CLOCK_H
#define CKPT_COMMON_CLOCK_H

#include <stdint.h>

/* "2026-11-22T12:00:30.123Z", now. */
#define CLOCK_TEXT_SIZE 32
void clock_text(char text[CLOCK_TEXT_SIZE]);
/* So many milliseconds from now. */
void clock_text_in(int64_t ms, char text[CLOCK_TEXT_SIZE]);

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t clock_monotonic_ms(void);

#endif
