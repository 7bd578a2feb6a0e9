/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Writes structs as JSON, following their tables. */
#include "common/cleanup.h"
#include "common/io.h"
#include "image/fields.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>

static json_object *struct_write(const struct field *fields, const void *base);

static json_object *structs_write(const struct field *field, const char *at, size_t count)
{
    json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, struct_write(field->of, at + i * field->size));
    return array;
}

static json_object *words_write(const uint64_t *words, size_t count)
{
    json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, json_object_new_uint64(words[i]));
    return array;
}

static json_object *field_write(const struct field *field, const char *base)
{
    const char *at = base + field->offset;

    switch (field->kind) {
    case FIELD_INT:
        return json_object_new_int64(*(const int *)at);
    case FIELD_UINT:
        return json_object_new_int64(*(const unsigned *)at);
    case FIELD_I64:
        return json_object_new_int64(*(const int64_t *)at);
    case FIELD_U64:
        return json_object_new_uint64(*(const uint64_t *)at);
    case FIELD_BOOL:
        return json_object_new_boolean(*(const bool *)at);
    case FIELD_STRING:
        return *(char *const *)at == NULL ? NULL : json_object_new_string(*(char *const *)at);
    case FIELD_TEXT:
        return json_object_new_string(at);
    case FIELD_STRUCT:
        return struct_write(field->of, at);
    case FIELD_ARRAY:
        return structs_write(field, *(char *const *)at, *(const size_t *)(base + field->count));
    case FIELD_FIXED:
        return structs_write(field, at, field->count);
    case FIELD_WORDS:
        return words_write((const uint64_t *)at, *(const size_t *)(base + field->count));
    case FIELD_NUMBERS:
        return words_write(*(uint64_t *const *)at, *(const size_t *)(base + field->count));
    }
    return NULL;
}

static json_object *struct_write(const struct field *fields, const void *base)
{
    json_object *object = json_object_new_object();

    for (; fields->key != NULL; fields++)
        json_object_object_add(object, fields->key, field_write(fields, base));
    return object;
}

int fields_write(const char *name, const struct field *fields, const void *base, int dirfd,
                 struct ckpt_error *err)
{
    cleanup_json json_object *document = struct_write(fields, base);
    size_t size;

    json_object_object_add(document, "format", json_object_new_int(IMAGE_FORMAT));
    const char *text = json_object_to_json_string_length(document, JSON_C_TO_STRING_PLAIN, &size);
    if (text == NULL)
        return ckpt_error_set(err, ENOMEM, "write '%s': out of memory", name);
    if (write_file_atomic_at(dirfd, name, text, size, false) < 0)
        return ckpt_error_errno(err, "write '%s'", name);
    return 0;
}
