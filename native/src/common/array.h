/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_COMMON_ARRAY_H
#define CKPT_COMMON_ARRAY_H

#include <stddef.h>

/* Appends a zeroed element of that size to an array from malloc; array is the address of the pointer to it, which
 * moves. Returns the element's address, valid until the next call, or NULL without memory: then nothing has changed. */
void *array_add(void *array, size_t *count, size_t element);

#endif
