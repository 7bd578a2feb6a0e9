/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Checked parsing of numbers, times and signal names. Called by the command line and by the
 * readers of the store. */
#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Reads decimal digits at *text and moves it behind them. */
static int scan_digits(const char **text, uint64_t max, uint64_t *ret)
{
    const char *at = *text;
    uint64_t value = 0;

    if (!isdigit((unsigned char)*at))
        return -EINVAL;
    for (; isdigit((unsigned char)*at); at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value) || value > max)
            return -ERANGE;
    }
    *text = at;
    *ret = value;
    return 0;
}

int parse_unsigned(const char *text, uint64_t max, uint64_t *ret)
{
    uint64_t value;
    int r = scan_digits(&text, max, &value);

    if (r < 0)
        return r;
    if (*text)
        return -EINVAL;
    *ret = value;
    return 0;
}

int parse_hex64(const char *text, uint64_t *ret)
{
    uint64_t value = 0;

    for (int i = 0; i < 16; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return -EINVAL;
    }
    if (text[16])
        return -EINVAL;
    *ret = value;
    return 0;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit time_units[] = {
    {"", 1000},       {"ms", 1},          {"s", 1000},     {"min", 60 * 1000},
    {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 86400000}, {NULL, 0},
};
static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"K", 1ULL << 10},
    {"KB", 1ULL << 10},
    {"KiB", 1ULL << 10},
    {"M", 1ULL << 20},
    {"MB", 1ULL << 20},
    {"MiB", 1ULL << 20},
    {"G", 1ULL << 30},
    {"GB", 1ULL << 30},
    {"GiB", 1ULL << 30},
    {"T", 1ULL << 40},
    {"TB", 1ULL << 40},
    {"TiB", 1ULL << 40},
    {NULL, 0},
};

static int unit_factor(const struct unit *units, const char *name, uint64_t *ret)
{
    while (*name == ' ')
        name++;
    for (; units->name != NULL; units++) {
        if (strcmp(name, units->name) == 0) {
            *ret = units->factor;
            return 0;
        }
    }
    return -EINVAL;
}

/* A number, maybe with a fraction, and a unit. */
static int parse_measure(const char *text, const struct unit *units, uint64_t *ret)
{
    uint64_t whole, factor, value, fraction = 0, scale = 1;
    int r = scan_digits(&text, UINT64_MAX, &whole);

    if (r < 0)
        return r;
    if (*text == '.') {
        if (!isdigit((unsigned char)*++text))
            return -EINVAL;
        for (; isdigit((unsigned char)*text); text++) {
            if (scale < 1000000000) { /* more digits than nanoseconds don't count */
                fraction = fraction * 10 + (uint64_t)(*text - '0');
                scale *= 10;
            }
        }
    }
    r = unit_factor(units, text, &factor);
    if (r < 0)
        return r;
    if (__builtin_mul_overflow(whole, factor, &value) ||
        __builtin_add_overflow(value, (uint64_t)((unsigned __int128)fraction * factor / scale),
                               &value))
        return -ERANGE;
    *ret = value;
    return 0;
}

int parse_time_ms(const char *text, uint64_t *ret_ms)
{
    uint64_t ms;
    int r = parse_measure(text, time_units, &ms);

    if (r < 0)
        return r;
    if (ms > INT64_MAX / 1000000)
        return -ERANGE; /* must fit signed nanoseconds */
    *ret_ms = ms;
    return 0;
}

int parse_size(const char *text, uint64_t *ret_bytes)
{
    uint64_t bytes;
    int r = parse_measure(text, size_units, &bytes);

    if (r < 0)
        return r;
    if (bytes > INT64_MAX)
        return -ERANGE;
    *ret_bytes = bytes;
    return 0;
}

int parse_signal(const char *text, int *ret_signal)
{
    uint64_t number;

    if (isdigit((unsigned char)*text)) {
        int r = parse_unsigned(text, (uint64_t)SIGRTMAX, &number);

        if (r < 0 || number == 0)
            return r < 0 ? r : -EINVAL;
        *ret_signal = (int)number;
        return 0;
    }
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    if (strncasecmp(text, "RTMIN", 5) == 0) {
        number = 0;
        if (text[5] && (text[5] != '+' || parse_unsigned(text + 6, 64, &number) < 0))
            return -EINVAL;
        if (SIGRTMIN + (int)number > SIGRTMAX)
            return -ERANGE;
        *ret_signal = SIGRTMIN + (int)number;
        return 0;
    }
    for (int signal = 1; signal < SIGRTMIN; signal++) {
        const char *name = sigabbrev_np(signal);

        if (name && strcasecmp(name, text) == 0) {
            *ret_signal = signal;
            return 0;
        }
    }
    return -EINVAL;
}
