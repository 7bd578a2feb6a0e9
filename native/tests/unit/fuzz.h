/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Random damage, the same in every run; CKPT_FUZZ_SEED repeats another one. */

/* For that many milliseconds fuzz_goes_on() says true. */
void fuzz_start(unsigned milliseconds);
bool fuzz_goes_on(void);

/* Below that number, which is not 0. */
uint32_t fuzz_roll(uint32_t below);

/* Damages JSON text of size bytes in a buffer of room + 1; the new size. A NUL follows. */
size_t fuzz_text(char *text, size_t size, size_t room);

/* Puts other numbers in the place of one or two that follow a ':', '[' or ','. */
size_t fuzz_text_numbers(char *text, size_t size, size_t room);

/* Overwrites one of the numbers of 4 or 8 bytes in it, or shortens it; the new size. */
size_t fuzz_numbers(char *data, size_t size);

#endif
