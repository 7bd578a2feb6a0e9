/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Building the store's JSON documents. A value that could not be made (NULL) is reported by the
 * function that adds it, so that callers check once. */
#include "store/document.h"

#include "common/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int document_add(json_object *object, const char *key, json_object *value)
{
    if (!object || !value || json_object_object_add(object, key, value) < 0) {
        json_object_put(value);
        return -ENOMEM;
    }
    return 0;
}

int document_append(json_object *array, json_object *value)
{
    if (!array || !value || json_object_array_add(array, value) < 0) {
        json_object_put(value);
        return -ENOMEM;
    }
    return 0;
}

json_object *document_new(void)
{
    json_object *document = json_object_new_object();

    if (document && document_add(document, "format", json_object_new_int(STORE_FORMAT)) < 0) {
        json_object_put(document);
        return NULL;
    }
    return document;
}

json_object *document_new_string(const char *text)
{
    cleanup_free char *clean = utf8_clean(text);

    return clean ? json_object_new_string(clean) : NULL;
}

int document_add_string(json_object *object, const char *key, const char *text)
{
    return document_add(object, key, document_new_string(text));
}

int document_add_unsigned(json_object *object, const char *key, uint64_t value)
{
    return document_add(object, key, json_object_new_uint64(value));
}

int document_add_seconds(json_object *object, const char *key, double seconds)
{
    char text[48];
    uint64_t micros = seconds > 0 && seconds < 1e12 ? (uint64_t)(seconds * 1e6 + 0.5) : 0;
    size_t length;

    /* By hand: printf would write a comma in some locales, and this runs in other people's
     * programs. */
    snprintf(text, sizeof(text), "%" PRIu64 ".%06u", micros / 1000000,
             (unsigned)(micros % 1000000));
    for (length = strlen(text); text[length - 1] == '0' && text[length - 2] != '.'; length--)
        text[length - 1] = '\0';
    return document_add(object, key, json_object_new_double_s((double)micros / 1e6, text));
}

int document_add_hex64(json_object *object, const char *key, uint64_t value)
{
    char text[17];

    snprintf(text, sizeof(text), "%016" PRIx64, value);
    return document_add(object, key, json_object_new_string(text));
}
