/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_IMAGE_TREE_FIELDS_H
#define CKPT_IMAGE_TREE_FIELDS_H

/* How the structs of image/tree.h look in tree.img: each is a JSON object with a member for each row of its table.
 * Tables end with a row without a key. */

#include <stddef.h>

enum field_kind {
    FIELD_INT,
    FIELD_UINT,
    FIELD_I64,
    FIELD_U64,
    FIELD_BOOL,
    FIELD_STRING, /* from malloc, or NULL */
    FIELD_TEXT,   /* of at most size - 1 bytes */
    FIELD_STRUCT, /* of: its table */
    FIELD_ARRAY, /* grows; of: the elements' table, size: of one element, count: where their number stands */
    FIELD_FIXED, /* an array of exactly count structs, each of that size */
    FIELD_WORDS, /* at most size bytes of uint64_t, count: where their number stands */
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset, size, count;
    const struct field *of;
};

extern const struct field tree_fields[];

#endif
