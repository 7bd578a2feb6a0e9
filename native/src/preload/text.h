/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_PRELOAD_TEXT_H
#define CKPT_PRELOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The little of string.h and stdlib.h that the library needs, safe in every thread and every signal handler. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memmove(void *to, const void *from, size_t size);
size_t text_length(const char *text);
int text_equal(const char *a, const char *b);
/* The rest of text after prefix, or NULL. */
const char *text_after(const char *text, const char *prefix);
/* Appends to the NUL-terminated buffer of that size, cutting what does not fit. */
void text_append(char *buffer, size_t size, const char *text);
/* Sixteen digits. */
void text_append_hex(char *buffer, size_t size, uint64_t number);
void text_append_number(char *buffer, size_t size, unsigned long number);
/* Reads a number in base 10 or 16 (0x optional) and moves *text behind it. */
uint64_t text_number(const char **text, unsigned base);
/* The value of NAME=value in environ, or NULL. */
const char *environment_get(char *const *environment, const char *name);

#endif
