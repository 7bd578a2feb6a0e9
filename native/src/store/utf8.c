/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Arguments and paths are bytes; JSON is UTF-8. What is not UTF-8 is replaced, so that every
 * reader in any language can parse what we write. */
#include "store/document.h"

#include <stdlib.h>
#include <string.h>

/* Length of the valid sequence at s, 0 if there is none. Overlong forms, surrogates and what
 * lies beyond U+10FFFF are not valid. */
static size_t sequence_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf && (s[1] & 0xc0) == 0x80)
        return 2;
    if ((s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80) {
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
            return 0;
        return 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
        (s[3] & 0xc0) == 0x80) {
        if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

char *utf8_clean(const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    char *clean = malloc(3 * strlen(text) + 1), *to = clean;

    if (!clean)
        return NULL;
    while (*from) {
        size_t length = sequence_length(from);

        if (length) {
            memcpy(to, from, length);
            to += length;
            from += length;
        } else {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
            from++;
        }
    }
    *to = '\0';
    return clean;
}
