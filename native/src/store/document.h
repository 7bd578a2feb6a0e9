/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_STORE_DOCUMENT_H
#define CKPT_STORE_DOCUMENT_H

/* JSON documents of the store: strict reading of untrusted text, and writing. Only store, ctl
 * and cli use this.
 *
 * In messages what names the document, e.g. "'/dir/task.json'". Every reading function fails
 * with -EBADMSG when the member is missing or is not of that kind, and leaves its output
 * untouched then. */

#include "common/error.h"
#include "store/store.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses text as one JSON object with "format": STORE_FORMAT. */
int document_parse(const char *text, size_t size, const char *what, json_object **ret,
                   struct ckpt_error *err);

/* Reads and parses a file; -ENOENT when it is not there. */
int document_read(int dirfd, const char *name, size_t limit, const char *what, json_object **ret,
                  struct ckpt_error *err);

/* Pretty-printed, atomically. */
int document_write(int dirfd, const char *name, json_object *document, const char *what, bool sync,
                   struct ckpt_error *err);

/* The caller frees *ret. */
int document_string(json_object *object, const char *key, const char *what, char **ret,
                    struct ckpt_error *err);
int document_path(json_object *object, const char *key, const char *what, char **ret,
                  struct ckpt_error *err); /* absolute */
int document_id(json_object *object, const char *key, const char *what, char *ret_id,
                struct ckpt_error *err);
int document_unsigned(json_object *object, const char *key, const char *what, uint64_t max,
                      uint64_t *ret, struct ckpt_error *err);
int document_seconds(json_object *object, const char *key, const char *what, double *ret,
                     struct ckpt_error *err);
int document_hex64(json_object *object, const char *key, const char *what, uint64_t *ret,
                   struct ckpt_error *err);

/* Borrowed from object. */
int document_array(json_object *object, const char *key, const char *what, json_object **ret,
                   struct ckpt_error *err);
int document_object(json_object *object, const char *key, const char *what, json_object **ret,
                    struct ckpt_error *err);

/* A copy of the value if it is a string without NUL. */
int document_text(json_object *value, const char *key, const char *what, char **ret,
                  struct ckpt_error *err);

/* Writing. Each returns 0 or -ENOMEM, so that results can be or-ed together. Bytes that are no
 * UTF-8 become U+FFFD. */
json_object *document_new(void);                                            /* {"format": 1} */
int document_add(json_object *object, const char *key, json_object *value); /* takes value */
int document_add_string(json_object *object, const char *key, const char *text);
int document_add_unsigned(json_object *object, const char *key, uint64_t value);
int document_add_seconds(json_object *object, const char *key,
                         double seconds); /* microseconds kept */
int document_add_hex64(json_object *object, const char *key, uint64_t value);
int document_append(json_object *array, json_object *value); /* takes value */
json_object *document_new_string(const char *text);

/* text as valid UTF-8; the caller frees. */
char *utf8_clean(const char *text);

/* How documents are printed: pretty, slashes as they are. */
#define DOCUMENT_STYLE                                                                             \
    (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

#endif
