/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_IMAGE_FIELDS_H
#define CKPT_IMAGE_FIELDS_H

/* How structs look in the JSON files of a generation: each is an object with a member for each row of its table. Tables
 * end with a row without a key. Paths are bytes to the kernel, so strings are not forced to be UTF-8. */

#include "common/error.h"

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
    FIELD_FIXED,   /* an array of exactly count structs, each of that size */
    FIELD_WORDS,   /* at most size bytes of uint64_t, count: where their number stands */
    FIELD_NUMBERS, /* an array of uint64_t that grows, count: where their number stands */
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset, size, count;
    const struct field *of;
};

/* Of tree.img and files.img; one more whenever a member, its meaning or the order of an enum changes. */
#define IMAGE_FORMAT 2

/* The rows. */
#define SIZE_OF(type, member) sizeof(((struct type *)0)->member)

#define FIELD(type, member, kind_)                                                                 \
    {                                                                                              \
        .key = #member, .kind = kind_, .offset = offsetof(struct type, member),                    \
        .size = SIZE_OF(type, member)                                                              \
    }
#define STRUCT(type, member, table)                                                                \
    {                                                                                              \
        .key = #member, .kind = FIELD_STRUCT, .offset = offsetof(struct type, member), .of = table \
    }
#define ARRAY(type, name, member, number, table)                                                   \
    {                                                                                              \
        .key = name, .kind = FIELD_ARRAY, .offset = offsetof(struct type, member),                 \
        .size = SIZE_OF(type, member[0]), .count = offsetof(struct type, number), .of = table      \
    }
#define FIXED(type, member, table)                                                                 \
    {                                                                                              \
        .key = #member, .kind = FIELD_FIXED, .offset = offsetof(struct type, member),              \
        .size = SIZE_OF(type, member[0]),                                                          \
        .count = SIZE_OF(type, member) / SIZE_OF(type, member[0]), .of = table                     \
    }
#define WORDS(type, member, number)                                                                \
    {                                                                                              \
        .key = #member, .kind = FIELD_WORDS, .offset = offsetof(struct type, member),              \
        .size = SIZE_OF(type, member), .count = offsetof(struct type, number)                      \
    }
#define NUMBERS(type, member, number)                                                              \
    {                                                                                              \
        .key = #member, .kind = FIELD_NUMBERS, .offset = offsetof(struct type, member),            \
        .count = offsetof(struct type, number)                                                     \
    }

/* The file of that name in the generation's directory, from the struct at base, or into it, which is zeroed then. What
 * is read is untrusted: every member must be there, of its kind and in its range, or -EBADMSG; the caller frees what has
 * been read up to then. */
int fields_write(const char *name, const struct field *fields, const void *base, int dirfd,
                 struct ckpt_error *err);
int fields_read(const char *name, const struct field *fields, void *base, int dirfd,
                struct ckpt_error *err);

#endif
