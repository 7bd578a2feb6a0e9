/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Reads tree.img, following tree_fields.c. What is read is untrusted: every member must be there, of its kind and in
 * its range; tree_check.c then looks at the whole. */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "image/tree.h"
#include "image/tree_check.h"
#include "image/tree_fields.h"
#include "store/manifest.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TREE_LIMIT (256 << 20)

static int bad(struct ckpt_error *err, const char *key)
{
    return ckpt_error_set(err, EBADMSG, "'%s' is damaged: member '%s'", MANIFEST_TREE_IMAGE, key);
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

static int document_read(struct tree_image *tree, json_object *document, struct ckpt_error *err)
{
    json_object *format = NULL;

    json_object_object_get_ex(document, "format", &format);
    if (!json_object_is_type(format, json_type_int) || json_object_get_int(format) != STORE_FORMAT)
        return ckpt_error_set(err, EBADMSG, "'%s' has format %d, this version reads %d",
                              MANIFEST_TREE_IMAGE, json_object_get_int(format), STORE_FORMAT);
    int error = struct_read(tree_fields, tree, document, err);
    return error < 0 ? error : tree_image_check(tree, err);
}

int tree_image_read(struct tree_image *ret, int dirfd, struct ckpt_error *err)
{
    struct tree_image tree = {0};
    cleanup_free char *text = NULL;
    cleanup_json json_object *document = NULL;
    size_t size;

    if (read_file_at(dirfd, MANIFEST_TREE_IMAGE, TREE_LIMIT, &text, &size) < 0)
        return ckpt_error_errno(err, "read '%s'", MANIFEST_TREE_IMAGE);
    document = object_parse(text, size);
    if (document == NULL)
        return ckpt_error_set(err, EBADMSG, "'%s' is no JSON object", MANIFEST_TREE_IMAGE);
    int error = document_read(&tree, document, err);
    if (error < 0) {
        tree_image_free(&tree);
        return error;
    }
    *ret = tree;
    return 0;
}
