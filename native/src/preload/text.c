/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Strings and memory without libc. The compiler may call memcpy and its like for any struct, so they have to be here;
 * they are hidden and serve this library only. */
#include "preload/text.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}

void *memset(void *to, int byte, size_t size)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *t = to;
    const char *f = from;

    if (t <= f || t >= f + size)
        return memcpy(to, from, size);
    while (size-- > 0) {
        t[size] = f[size];
        __asm__ volatile("" : : : "memory"); /* or the compiler makes this a call of memmove */
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a;
    const unsigned char *y = b;

    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i])
            return x[i] - y[i];
    }
    return 0;
}

size_t text_length(const char *text)
{
    const char *end = text;

    while (*(const volatile char *)end != 0)
        end++;
    return (size_t)(end - text);
}

int text_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const char *text_after(const char *text, const char *prefix)
{
    while (*prefix != 0) {
        if (*text++ != *prefix++)
            return NULL;
    }
    return text;
}

void text_append(char *buffer, size_t size, const char *text)
{
    size_t at = text_length(buffer);

    while (*text != 0 && at + 1 < size)
        buffer[at++] = *text++;
    buffer[at] = 0;
}

void text_append_number(char *buffer, size_t size, unsigned long number)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text_append(buffer, size, digits + at);
}

void text_append_hex(char *buffer, size_t size, uint64_t number)
{
    char digits[17];

    for (int i = 0; i < 16; i++)
        digits[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    digits[16] = 0;
    text_append(buffer, size, digits);
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return 99;
}

uint64_t text_number(const char **text, unsigned base)
{
    const char *at = *text;
    uint64_t number = 0;

    if (base == 16 && at[0] == '0' && at[1] == 'x')
        at += 2;
    for (; digit_value(*at) < (int)base; at++)
        number = number * base + (uint64_t)digit_value(*at);
    *text = at;
    return number;
}

const char *environment_get(char *const *environment, const char *name)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *rest = text_after(*environment, name);
        if (rest != NULL && *rest == '=')
            return rest + 1;
    }
    return NULL;
}
