/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_PARSE_H
#define CKPT_COMMON_PARSE_H

/* Checked parsing of what people and files give us. 0, or -EINVAL (not of that form) or -ERANGE
 * (too big); the result is untouched on failure. */

#include <stdint.h>

/* 500ms, 30s, 10min, 1h, 2d, or a plain number of seconds; a fraction is allowed (1.5h). */
int parse_time_ms(const char *text, uint64_t *ret_ms);

/* 1000, 64K, 10M, 1.5G, 2T (powers of 1024, also with B or iB behind). */
int parse_size(const char *text, uint64_t *ret_bytes);

/* Decimal digits only, at most max. */
int parse_unsigned(const char *text, uint64_t max, uint64_t *ret);

/* Exactly 16 lower-case hexadecimal digits. */
int parse_hex64(const char *text, uint64_t *ret);

/* TERM, SIGTERM, 15, RTMIN+1. */
int parse_signal(const char *text, int *ret_signal);

#endif
