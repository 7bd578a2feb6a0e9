/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* xorshift64* and what it does to files. */
#include "fuzz.h"

#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_LEAST                                                                               \
    400 /* also where another machine would have stopped: a slow one proves as much */

static uint64_t state, deadline;
static unsigned rounds_left;

void fuzz_start(unsigned milliseconds)
{
    const char *seed = getenv("CKPT_FUZZ_SEED");

    state = seed ? strtoull(seed, NULL, 0) | 1 : 0x6e662d636b7074;
    deadline = clock_monotonic_ms() + milliseconds;
    rounds_left = ROUNDS_LEAST;
}

bool fuzz_goes_on(void)
{
    if (rounds_left > 0) {
        rounds_left--;
        return true;
    }
    return clock_monotonic_ms() < deadline;
}

uint32_t fuzz_roll(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1d) >> 33) % below;
}

static const char *const pieces[] = {
    "null",     "true",    "-1",   "0",         "18446744073709551616",
    "1e400",    "[]",      "{}",   "\"\"",      "\"..\"",
    "\"",       "\\u0000", "\xff", "[[[[[",     "{{{",
    "\"../x\"", "-0",      ",",    ":",         "}",
    "]",        "1.5",     "NaN",  "\"files\"", "9223372036854775808"};

size_t fuzz_text(char *text, size_t size, size_t room)
{
    for (unsigned n = 1 + fuzz_roll(4); n; n--) {
        size_t at = size ? fuzz_roll((uint32_t)size) : 0, length = fuzz_roll(24);
        const char *piece = pieces[fuzz_roll(sizeof(pieces) / sizeof(pieces[0]))];

        switch (fuzz_roll(5)) {
        case 0: /* change a byte */
            text[at] = (char)fuzz_roll(256);
            break;
        case 1: /* cut off the end */
            size = at;
            break;
        case 2: /* take something out */
            length = length < size - at ? length : size - at;
            memmove(text + at, text + at + length, size - at - length);
            size -= length;
            break;
        case 3: /* repeat something */
            length = length < size - at ? length : size - at;
            if (size + length <= room) {
                memmove(text + at + length, text + at, size - at);
                size += length;
            }
            break;
        default: /* write a token over it */
            length = strlen(piece) < size - at ? strlen(piece) : size - at;
            memcpy(text + at, piece, length);
        }
    }
    text[size] = '\0';
    return size;
}

size_t fuzz_text_numbers(char *text, size_t size, size_t room)
{
    static const char *const numbers[] = {"-1", "2147483647", "4294967295", "18446744073709551615"};

    for (unsigned n = 1 + fuzz_roll(2); n; n--) {
        size_t at = 1 + fuzz_roll((uint32_t)size - 1), old, new;
        char number[24];

        while (at < size && !(text[at] >= '0' && text[at] <= '9' && strchr(":[,", text[at - 1])))
            at++;
        old = strspn(text + at, "0123456789");
        if (fuzz_roll(2))
            snprintf(number, sizeof(number), "%u", fuzz_roll(24));
        else
            strcpy(number, numbers[fuzz_roll(sizeof(numbers) / sizeof(numbers[0]))]);
        new = strlen(number);
        if (old == 0 || size - old + new > room)
            continue;
        memmove(text + at + new, text + at + old, size - at - old + 1);
        memcpy(text + at, number, new);
        size = size - old + new;
    }
    return size;
}

size_t fuzz_numbers(char *data, size_t size)
{
    static const uint64_t numbers[] = {0,
                                       1,
                                       2,
                                       4095,
                                       4096,
                                       8192,
                                       0x7fffffff,
                                       1u << 31,
                                       UINT32_MAX,
                                       1ull << 32,
                                       0x7ffffffff000,
                                       0x800000000000,
                                       1ull << 61,
                                       1ull << 63,
                                       UINT64_MAX - 4095,
                                       UINT64_MAX};

    for (unsigned n = 1 + fuzz_roll(2); n && size >= 8; n--) {
        size_t width = fuzz_roll(2) ? 4 : 8, at = fuzz_roll((uint32_t)(size / width)) * width;
        uint64_t number = 0;

        switch (fuzz_roll(5)) {
        case 0: /* cut off the end */
            size = fuzz_roll((uint32_t)size);
            break;
        case 1: /* change a byte */
            data[fuzz_roll((uint32_t)size)] = (char)fuzz_roll(256);
            break;
        case 2: /* a little more or less */
            memcpy(&number, data + at, width);
            number += (uint64_t)(int64_t)((int)fuzz_roll(5) - 2) << (fuzz_roll(2) ? 12 : 0);
            memcpy(data + at, &number, width);
            break;
        default:
            number = numbers[fuzz_roll(sizeof(numbers) / sizeof(numbers[0]))];
            memcpy(data + at, &number, width);
        }
    }
    return size;
}
