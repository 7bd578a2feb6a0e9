/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Arrays that grow. Their room is the power of two not below their count, so it needs no place of its own, and adding
 * is cheap while a tree stands still. */
#include "common/array.h"

#include <stdlib.h>
#include <string.h>

void *array_add(void *array, size_t *count, size_t element)
{
    void **base = array;

    if ((*count & (*count - 1)) == 0) {
        void *grown = reallocarray(*base, *count == 0 ? 1 : *count * 2, element);
        if (grown == NULL)
            return NULL;
        *base = grown;
    }
    char *at = (char *)*base + *count * element;
    memset(at, 0, element);
    (*count)++;
    return at;
}
