/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Reads what fields_write.c has written, or somebody made up. */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "image/fields.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_LIMIT (1 << 30)

/* The caller puts the file's name in front. */
static int bad(struct ckpt_error *err, const char *key)
{
    return ckpt_error_set(err, EBADMSG, "%s", key);
}

static bool integer_read(json_object *value, int64_t low, int64_t high, int64_t *ret)
{
    if (!json_object_is_type(value, json_type_int))
        return false;
    *ret = json_object_get_int64(value);
    /* json-c takes what is too large for the largest. */
    bool too_large = *ret == INT64_MAX && json_object_get_uint64(value) != INT64_MAX;
    return *ret >= low && *ret <= high && !too_large;
}

static bool unsigned_read(json_object *value, uint64_t *ret)
{
    *ret = json_object_get_uint64(value);
    return json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0;
}

/* The kernel's strings hold no NUL. */
static bool is_text(json_object *value)
{
    return json_object_is_type(value, json_type_string) &&
           strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

static bool scalar_read(const struct field *field, char *at, json_object *value)
{
    int64_t number = 0;

    switch (field->kind) {
    case FIELD_INT:
        if (!integer_read(value, INT_MIN, INT_MAX, &number))
            return false;
        *(int *)at = (int)number;
        return true;
    case FIELD_UINT:
        if (!integer_read(value, 0, UINT_MAX, &number))
            return false;
        *(unsigned *)at = (unsigned)number;
        return true;
    case FIELD_I64:
        return integer_read(value, INT64_MIN, INT64_MAX, (int64_t *)at);
    case FIELD_U64:
        return unsigned_read(value, (uint64_t *)at);
    case FIELD_BOOL:
        *(bool *)at = json_object_get_boolean(value);
        return json_object_is_type(value, json_type_boolean);
    case FIELD_STRING:
        if (value == NULL)
            return true;
        *(char **)at = is_text(value) ? strdup(json_object_get_string(value)) : NULL;
        return *(char **)at != NULL;
    default:
        if (!is_text(value) || (size_t)json_object_get_string_len(value) >= field->size)
            return false;
        strcpy(at, json_object_get_string(value));
        return true;
    }
}

static int struct_read(const struct field *fields, void *base, json_object *object,
                       struct ckpt_error *err);

static int array_read(const struct field *field, char *base, json_object *array,
                      struct ckpt_error *err)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < json_object_array_length(array); i++) {
        void *added = array_add(base + field->offset, (size_t *)(base + field->count), field->size);
        error = added == NULL
                    ? bad(err, field->key)
                    : struct_read(field->of, added, json_object_array_get_idx(array, i), err);
    }
    return error;
}

static int fixed_read(const struct field *field, char *at, json_object *array,
                      struct ckpt_error *err)
{
    int error = json_object_array_length(array) == field->count ? 0 : bad(err, field->key);

    for (size_t i = 0; error == 0 && i < field->count; i++)
        error =
            struct_read(field->of, at + i * field->size, json_object_array_get_idx(array, i), err);
    return error;
}

static int words_read(const struct field *field, char *base, json_object *array,
                      struct ckpt_error *err)
{
    uint64_t *words = (uint64_t *)(base + field->offset);
    size_t count = json_object_array_length(array);

    if (count > field->size / sizeof(*words))
        return bad(err, field->key);
    for (size_t i = 0; i < count; i++) {
        if (!unsigned_read(json_object_array_get_idx(array, i), &words[i]))
            return bad(err, field->key);
    }
    *(size_t *)(base + field->count) = count;
    return 0;
}

static int numbers_read(const struct field *field, char *base, json_object *array,
                        struct ckpt_error *err)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        uint64_t *added =
            array_add(base + field->offset, (size_t *)(base + field->count), sizeof(*added));
        if (added == NULL || !unsigned_read(json_object_array_get_idx(array, i), added))
            return bad(err, field->key);
    }
    return 0;
}

static int field_read(const struct field *field, char *base, json_object *value,
                      struct ckpt_error *err)
{
    if (field->kind >= FIELD_ARRAY && !json_object_is_type(value, json_type_array))
        return bad(err, field->key);
    switch (field->kind) {
    case FIELD_STRUCT:
        return struct_read(field->of, base + field->offset, value, err);
    case FIELD_ARRAY:
        return array_read(field, base, value, err);
    case FIELD_FIXED:
        return fixed_read(field, base + field->offset, value, err);
    case FIELD_WORDS:
        return words_read(field, base, value, err);
    case FIELD_NUMBERS:
        return numbers_read(field, base, value, err);
    default:
        return scalar_read(field, base + field->offset, value) ? 0 : bad(err, field->key);
    }
}

static int struct_read(const struct field *fields, void *base, json_object *object,
                       struct ckpt_error *err)
{
    int error = 0;

    for (; error == 0 && fields->key != NULL; fields++) {
        json_object *value = NULL;
        error = json_object_object_get_ex(object, fields->key, &value)
                    ? field_read(fields, base, value, err)
                    : bad(err, fields->key);
    }
    return error;
}

/* NULL unless text is one JSON object and nothing else. */
static json_object *object_parse(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new();
    json_object *document = NULL;
    bool whole = false;

    if (tokener != NULL && size < INT_MAX) {
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
        /* With the final NUL, so that a document which ends too early is not taken for one to be continued. */
        document = json_tokener_parse_ex(tokener, text, (int)size + 1);
        whole = json_tokener_get_parse_end(tokener) >= size;
    }
    if (tokener != NULL)
        json_tokener_free(tokener);
    if (whole && json_object_is_type(document, json_type_object))
        return document;
    json_object_put(document);
    return NULL;
}

static int document_read(const char *name, const struct field *fields, void *base,
                         json_object *document, struct ckpt_error *err)
{
    struct ckpt_error member = {0};
    json_object *format = NULL;

    json_object_object_get_ex(document, "format", &format);
    if (!json_object_is_type(format, json_type_int) || json_object_get_int(format) != IMAGE_FORMAT)
        return ckpt_error_set(err, EBADMSG, "'%s' has format %d, this version reads %d", name,
                              json_object_get_int(format), IMAGE_FORMAT);
    if (struct_read(fields, base, document, &member) < 0)
        return ckpt_error_set(err, EBADMSG, "'%s' is damaged: member '%s'", name, member.message);
    return 0;
}

int fields_read(const char *name, const struct field *fields, void *base, int dirfd,
                struct ckpt_error *err)
{
    cleanup_free char *text = NULL;
    cleanup_json json_object *document = NULL;
    size_t size;

    if (read_file_at(dirfd, name, DOCUMENT_LIMIT, &text, &size) < 0)
        return ckpt_error_errno(err, "read '%s'", name);
    document = object_parse(text, size);
    if (document == NULL)
        return ckpt_error_set(err, EBADMSG, "'%s' is no JSON object", name);
    return document_read(name, fields, base, document, err);
}
