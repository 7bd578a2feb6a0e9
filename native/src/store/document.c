/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Reading and writing the store's JSON files. Everything read is untrusted: sizes are limited,
 * types are checked, another format is refused, nothing is converted silently. */
#include "store/document.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/parse.h"
#include "common/random.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int check_format(json_object *document, const char *what, struct ckpt_error *err)
{
    json_object *format;

    if (!json_object_is_type(document, json_type_object))
        return ckpt_error_set(err, EBADMSG, "%s is not a JSON object", what);
    if (!json_object_object_get_ex(document, "format", &format) ||
        !json_object_is_type(format, json_type_int))
        return ckpt_error_set(err, EBADMSG, "%s: \"format\" is missing or not a number", what);
    if (json_object_get_int64(format) != STORE_FORMAT)
        return ckpt_error_set(err, EBADMSG, "%s has format %" PRId64 ", this ckpt reads format %d",
                              what, json_object_get_int64(format), STORE_FORMAT);
    return 0;
}

int document_parse(const char *text, size_t size, const char *what, json_object **ret,
                   struct ckpt_error *err)
{
    cleanup_json json_object *document = NULL;
    struct json_tokener *tokener;
    enum json_tokener_error problem;
    size_t end;
    int r;

    if (size >= INT_MAX)
        return ckpt_error_set(err, EBADMSG, "%s is too large", what);
    tokener = json_tokener_new();
    if (!tokener)
        return ckpt_error_set(err, ENOMEM, "%s: out of memory", what);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    /* With the final NUL, so that a document which ends too early is not taken for one to be
     * continued. */
    document = json_tokener_parse_ex(tokener, text, (int)size + 1);
    problem = json_tokener_get_error(tokener);
    end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    end += end < size ? strspn(text + end, " \t\r\n") : 0;
    if (problem != json_tokener_success)
        return ckpt_error_set(err, EBADMSG, "%s is not valid JSON (byte %zu: %s)", what, end,
                              problem == json_tokener_continue ? "unexpected end"
                                                               : json_tokener_error_desc(problem));
    if (end < size)
        return ckpt_error_set(err, EBADMSG, "%s is not valid JSON (byte %zu: text after the end)",
                              what, end);
    r = check_format(document, what, err);
    if (r < 0)
        return r;
    *ret = document;
    document = NULL;
    return 0;
}

int document_read(int dirfd, const char *name, size_t limit, const char *what, json_object **ret,
                  struct ckpt_error *err)
{
    cleanup_free char *text = NULL;
    size_t size = 0;
    int r = read_file_at(dirfd, name, limit, &text, &size);

    if (r == -EFBIG)
        return ckpt_error_set(err, EBADMSG, "%s is larger than %zu bytes", what, limit);
    if (r == -EINVAL || r == -ELOOP)
        return ckpt_error_set(err, EBADMSG, "%s is not a regular file", what);
    if (r < 0)
        return ckpt_error_errno(err, "read %s", what);
    return document_parse(text, size, what, ret, err);
}

int document_write(int dirfd, const char *name, json_object *document, const char *what, bool sync,
                   struct ckpt_error *err)
{
    cleanup_free char *line = NULL;
    const char *text;
    int length;

    if (!document || !(text = json_object_to_json_string_ext(document, DOCUMENT_STYLE)))
        return ckpt_error_set(err, ENOMEM, "write %s: out of memory", what);
    length = asprintf(&line, "%s\n", text);
    if (length < 0) {
        line = NULL;
        return ckpt_error_set(err, ENOMEM, "write %s: out of memory", what);
    }
    if (write_file_atomic_at(dirfd, name, line, (size_t)length, sync) < 0)
        return ckpt_error_errno(err, "write %s", what);
    return 0;
}

static int wrong(const char *key, const char *what, const char *wanted, struct ckpt_error *err)
{
    return ckpt_error_set(err, EBADMSG, "%s: \"%s\" is missing or not %s", what, key, wanted);
}

static json_object *member(json_object *object, const char *key)
{
    json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_get_ex(object, key, &value);
    return value;
}

int document_text(json_object *value, const char *key, const char *what, char **ret,
                  struct ckpt_error *err)
{
    const char *text;
    char *copy;

    if (!json_object_is_type(value, json_type_string))
        return wrong(key, what, "a string", err);
    text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return wrong(key, what, "a string without NUL", err);
    copy = strdup(text);
    if (!copy)
        return ckpt_error_set(err, ENOMEM, "%s: out of memory", what);
    *ret = copy;
    return 0;
}

int document_string(json_object *object, const char *key, const char *what, char **ret,
                    struct ckpt_error *err)
{
    return document_text(member(object, key), key, what, ret, err);
}

int document_path(json_object *object, const char *key, const char *what, char **ret,
                  struct ckpt_error *err)
{
    cleanup_free char *path = NULL;
    int r = document_string(object, key, what, &path, err);

    if (r < 0)
        return r;
    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return wrong(key, what, "an absolute path", err);
    *ret = path;
    path = NULL;
    return 0;
}

int document_id(json_object *object, const char *key, const char *what, char *ret_id,
                struct ckpt_error *err)
{
    cleanup_free char *id = NULL;
    int r = document_string(object, key, what, &id, err);

    if (r < 0)
        return r;
    if (!id_is_valid(id))
        return wrong(key, what, "32 hexadecimal digits", err);
    memcpy(ret_id, id, CKPT_ID_SIZE);
    return 0;
}

int document_unsigned(json_object *object, const char *key, const char *what, uint64_t max,
                      uint64_t *ret, struct ckpt_error *err)
{
    json_object *value = member(object, key);
    uint64_t number;

    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return wrong(key, what, "a number from 0 on", err);
    number = json_object_get_uint64(value);
    if (number > max)
        return ckpt_error_set(err, EBADMSG,
                              "%s: \"%s\" is %" PRIu64 ", at most %" PRIu64 " is allowed", what,
                              key, number, max);
    *ret = number;
    return 0;
}

int document_seconds(json_object *object, const char *key, const char *what, double *ret,
                     struct ckpt_error *err)
{
    json_object *value = member(object, key);
    double seconds;

    if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
        return wrong(key, what, "a number of seconds", err);
    seconds = json_object_get_double(value);
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12)
        return wrong(key, what, "a number of seconds", err);
    *ret = seconds;
    return 0;
}

int document_hex64(json_object *object, const char *key, const char *what, uint64_t *ret,
                   struct ckpt_error *err)
{
    cleanup_free char *text = NULL;
    int r = document_string(object, key, what, &text, err);

    if (r < 0)
        return r;
    return parse_hex64(text, ret) < 0 ? wrong(key, what, "16 hexadecimal digits", err) : 0;
}

int document_array(json_object *object, const char *key, const char *what, json_object **ret,
                   struct ckpt_error *err)
{
    json_object *value = member(object, key);

    if (!json_object_is_type(value, json_type_array))
        return wrong(key, what, "an array", err);
    *ret = value;
    return 0;
}

int document_object(json_object *object, const char *key, const char *what, json_object **ret,
                    struct ckpt_error *err)
{
    json_object *value = member(object, key);

    if (!json_object_is_type(value, json_type_object))
        return wrong(key, what, "an object", err);
    *ret = value;
    return 0;
}
