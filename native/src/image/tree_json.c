/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * tree.img as JSON. Each struct of image/tree.h has one table of its members below, and one function each way works
 * for all of them. Paths are bytes to the kernel, so strings are not forced to be UTF-8 here. What is read is
 * untrusted: every member must be there, of its kind and in its range; tree_check.c then looks at the whole. */
#include "common/cleanup.h"
#include "common/io.h"
#include "image/tree.h"
#include "image/tree_check.h"
#include "store/manifest.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TREE_LIMIT (256 << 20)

enum field_kind {
    FIELD_INT,
    FIELD_UINT,
    FIELD_I64,
    FIELD_U64,
    FIELD_BOOL,
    FIELD_STRING,
    FIELD_TEXT
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset, size;
};

#define FIELD(type, member, kind_)                                                                 \
    {                                                                                              \
#member, kind_, offsetof(struct type, member), sizeof(((struct type *)0)->member)          \
    }

static const struct field tree_fields[] = {
    FIELD(tree_image, parent, FIELD_INT),      FIELD(tree_image, session, FIELD_INT),
    FIELD(tree_image, root, FIELD_INT),        FIELD(tree_image, monotonic_ns, FIELD_U64),
    FIELD(tree_image, boottime_ns, FIELD_U64), {0},
};
static const struct field description_fields[] = {
    FIELD(image_description, kind, FIELD_UINT),
    FIELD(image_description, path, FIELD_STRING),
    FIELD(image_description, flags, FIELD_INT),
    FIELD(image_description, offset, FIELD_I64),
    FIELD(image_description, size, FIELD_U64),
    FIELD(image_description, mode, FIELD_UINT),
    FIELD(image_description, pipe, FIELD_INT),
    FIELD(image_description, socket, FIELD_INT),
    FIELD(image_description, value, FIELD_U64),
    FIELD(image_description, interval_ns, FIELD_U64),
    FIELD(image_description, clock, FIELD_INT),
    FIELD(image_description, device, FIELD_U64),
    FIELD(image_description, inode, FIELD_U64),
    FIELD(image_description, data, FIELD_TEXT),
    {0},
};
static const struct field watch_fields[] = {
    FIELD(image_watch, fd, FIELD_INT),
    FIELD(image_watch, events, FIELD_UINT),
    FIELD(image_watch, data, FIELD_U64),
    FIELD(image_watch, path, FIELD_STRING),
    {0},
};
static const struct field pipe_fields[] = {
    FIELD(image_pipe, inode, FIELD_U64),
    FIELD(image_pipe, capacity, FIELD_INT),
    FIELD(image_pipe, queued, FIELD_U64),
    FIELD(image_pipe, data, FIELD_TEXT),
    {0},
};
static const struct field shared_fields[] = {
    FIELD(image_shared, device, FIELD_U64),
    FIELD(image_shared, inode, FIELD_U64),
    FIELD(image_shared, size, FIELD_U64),
    FIELD(image_shared, data, FIELD_TEXT),
    {0},
};
static const struct field mapped_file_fields[] = {
    FIELD(image_mapped_file, path, FIELD_STRING),
    FIELD(image_mapped_file, mode, FIELD_UINT),
    FIELD(image_mapped_file, size, FIELD_U64),
    FIELD(image_mapped_file, data, FIELD_TEXT),
    {0},
};
static const struct field socket_fields[] = {
    FIELD(image_socket, inode, FIELD_U64),        FIELD(image_socket, domain, FIELD_INT),
    FIELD(image_socket, type, FIELD_INT),         FIELD(image_socket, protocol, FIELD_INT),
    FIELD(image_socket, state, FIELD_UINT),       FIELD(image_socket, peer, FIELD_INT),
    FIELD(image_socket, backlog, FIELD_INT),      FIELD(image_socket, shutdown, FIELD_INT),
    FIELD(image_socket, name, FIELD_TEXT),        FIELD(image_socket, peer_name, FIELD_TEXT),
    FIELD(image_socket, directory, FIELD_STRING), FIELD(image_socket, mode, FIELD_UINT),
    FIELD(image_socket, data, FIELD_TEXT),        {0},
};
static const struct field message_fields[] = {
    FIELD(image_message, socket, FIELD_INT),
    FIELD(image_message, sender, FIELD_INT),
    FIELD(image_message, size, FIELD_U64),
    {0},
};
static const struct field passed_fields[] = {
    FIELD(image_passed, message, FIELD_INT),
    FIELD(image_passed, description, FIELD_INT),
    {0},
};
static const struct field option_fields[] = {
    FIELD(image_option, socket, FIELD_INT),
    FIELD(image_option, level, FIELD_INT),
    FIELD(image_option, option, FIELD_INT),
    FIELD(image_option, value, FIELD_TEXT),
    {0},
};
static const struct field lock_fields[] = {
    FIELD(image_lock, kind, FIELD_UINT),      FIELD(image_lock, pid, FIELD_INT),
    FIELD(image_lock, fd, FIELD_INT),         FIELD(image_lock, description, FIELD_INT),
    FIELD(image_lock, exclusive, FIELD_BOOL), FIELD(image_lock, start, FIELD_I64),
    FIELD(image_lock, length, FIELD_I64),     {0},
};
static const struct field descriptor_fields[] = {
    FIELD(image_descriptor, fd, FIELD_INT),
    FIELD(image_descriptor, description, FIELD_INT),
    FIELD(image_descriptor, close_on_exec, FIELD_BOOL),
    {0},
};
static const struct field process_fields[] = {
    FIELD(image_process, pid, FIELD_INT),
    FIELD(image_process, parent, FIELD_INT),
    FIELD(image_process, group, FIELD_INT),
    FIELD(image_process, session, FIELD_INT),
    FIELD(image_process, zombie, FIELD_BOOL),
    FIELD(image_process, exit_status, FIELD_INT),
    FIELD(image_process, name, FIELD_TEXT),
    FIELD(image_process, threads, FIELD_UINT),
    FIELD(image_process, resident_bytes, FIELD_U64),
    FIELD(image_process, exe, FIELD_STRING),
    FIELD(image_process, cwd, FIELD_STRING),
    FIELD(image_process, root, FIELD_STRING),
    FIELD(image_process, umask, FIELD_UINT),
    FIELD(image_process, oom_score_adj, FIELD_INT),
    {0},
};
static const struct field layout_fields[] = {
    FIELD(image_layout, start_code, FIELD_U64),  FIELD(image_layout, end_code, FIELD_U64),
    FIELD(image_layout, start_data, FIELD_U64),  FIELD(image_layout, end_data, FIELD_U64),
    FIELD(image_layout, start_brk, FIELD_U64),   FIELD(image_layout, brk, FIELD_U64),
    FIELD(image_layout, start_stack, FIELD_U64), FIELD(image_layout, arg_start, FIELD_U64),
    FIELD(image_layout, arg_end, FIELD_U64),     FIELD(image_layout, env_start, FIELD_U64),
    FIELD(image_layout, env_end, FIELD_U64),     {0},
};
static const struct field library_fields[] = {
    FIELD(wire_process, brk, FIELD_U64),
    FIELD(wire_process, slots, FIELD_U64),
    FIELD(wire_process, slot_count, FIELD_U64),
    FIELD(wire_process, slot_size, FIELD_U64),
    FIELD(wire_process, entry, FIELD_U64),
    FIELD(wire_process, entry_stack, FIELD_U64),
    FIELD(wire_process, restorer, FIELD_U64),
    FIELD(wire_process, checkpoint_tid, FIELD_INT),
    {0},
};
static const struct field limit_fields[] = {
    FIELD(image_limit, soft, FIELD_U64),
    FIELD(image_limit, hard, FIELD_U64),
    {0},
};

/* ---- writing ---- */

static json_object *field_value(const struct field *field, const void *base)
{
    const char *at = (const char *)base + field->offset;

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
    default:
        return json_object_new_string(at);
    }
}

static json_object *struct_write(const struct field *fields, const void *base)
{
    json_object *object = json_object_new_object();

    for (; fields->key != NULL; fields++)
        json_object_object_add(object, fields->key, field_value(fields, base));
    return object;
}

static void array_write(json_object *parent, const char *key, const struct field *fields,
                        const void *base, size_t count, size_t element)
{
    json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, struct_write(fields, (const char *)base + i * element));
    json_object_object_add(parent, key, array);
}

static void descriptions_write(json_object *document, const struct tree_image *tree)
{
    json_object *array = json_object_new_array();

    for (size_t i = 0; i < tree->description_count; i++) {
        const struct image_description *description = &tree->descriptions[i];
        json_object *object = struct_write(description_fields, description);
        array_write(object, "watches", watch_fields, description->watches, description->watch_count,
                    sizeof(description->watches[0]));
        json_object_array_add(array, object);
    }
    json_object_object_add(document, "descriptions", array);
}

static json_object *process_write(const struct image_process *process)
{
    json_object *object = struct_write(process_fields, process);
    json_object *auxv = json_object_new_array();

    for (size_t i = 0; i < process->auxv_words; i++)
        json_object_array_add(auxv, json_object_new_uint64(process->auxv[i]));
    json_object_object_add(object, "auxv", auxv);
    json_object_object_add(object, "layout", struct_write(layout_fields, &process->layout));
    json_object_object_add(object, "library", struct_write(library_fields, &process->library));
    array_write(object, "limits", limit_fields, process->limits, IMAGE_LIMITS,
                sizeof(process->limits[0]));
    array_write(object, "descriptors", descriptor_fields, process->descriptors,
                process->descriptor_count, sizeof(process->descriptors[0]));
    return object;
}

int tree_image_write(const struct tree_image *tree, int dirfd, struct ckpt_error *err)
{
    cleanup_json json_object *document = struct_write(tree_fields, tree);
    json_object *processes = json_object_new_array();

    json_object_object_add(document, "format", json_object_new_int(STORE_FORMAT));
    for (size_t i = 0; i < tree->process_count; i++)
        json_object_array_add(processes, process_write(&tree->processes[i]));
    json_object_object_add(document, "processes", processes);
    descriptions_write(document, tree);
    array_write(document, "pipes", pipe_fields, tree->pipes, tree->pipe_count,
                sizeof(tree->pipes[0]));
    array_write(document, "shared", shared_fields, tree->shared, tree->shared_count,
                sizeof(tree->shared[0]));
    array_write(document, "mappedFiles", mapped_file_fields, tree->mapped_files,
                tree->mapped_file_count, sizeof(tree->mapped_files[0]));
    array_write(document, "sockets", socket_fields, tree->sockets, tree->socket_count,
                sizeof(tree->sockets[0]));
    array_write(document, "messages", message_fields, tree->messages, tree->message_count,
                sizeof(tree->messages[0]));
    array_write(document, "passed", passed_fields, tree->passed, tree->passed_count,
                sizeof(tree->passed[0]));
    array_write(document, "options", option_fields, tree->options, tree->option_count,
                sizeof(tree->options[0]));
    array_write(document, "locks", lock_fields, tree->locks, tree->lock_count,
                sizeof(tree->locks[0]));
    size_t size;
    const char *text = json_object_to_json_string_length(document, JSON_C_TO_STRING_PLAIN, &size);
    if (text == NULL)
        return ckpt_error_set(err, ENOMEM, "write '%s': out of memory", MANIFEST_TREE_IMAGE);
    if (write_file_atomic_at(dirfd, MANIFEST_TREE_IMAGE, text, size, false) < 0)
        return ckpt_error_errno(err, "write '%s'", MANIFEST_TREE_IMAGE);
    return 0;
}

/* ---- reading ---- */

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

static bool field_read(const struct field *field, void *base, json_object *value)
{
    char *at = (char *)base + field->offset;
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
                       struct ckpt_error *err)
{
    for (; fields->key != NULL; fields++) {
        json_object *value = NULL;
        if (!json_object_object_get_ex(object, fields->key, &value) ||
            !field_read(fields, base, value))
            return bad(err, fields->key);
    }
    return 0;
}

static json_object *member(json_object *object, const char *key, json_type type)
{
    json_object *value = NULL;

    json_object_object_get_ex(object, key, &value);
    return json_object_is_type(value, type) ? value : NULL;
}

/* Makes one element with add() for each of the array and reads it. */
#define ARRAY_READ(object, key, fields, add, err)                                                  \
    ({                                                                                             \
        json_object *array_ = member(object, key, json_type_array);                                \
        int error_ = array_ == NULL ? bad(err, key) : 0;                                           \
        for (size_t i_ = 0; error_ == 0 && i_ < json_object_array_length(array_); i_++) {          \
            void *element_ = add;                                                                  \
            error_ = element_ == NULL ? bad(err, key)                                              \
                                      : struct_read(fields, element_,                              \
                                                    json_object_array_get_idx(array_, i_), err);   \
        }                                                                                          \
        error_;                                                                                    \
    })

static int limits_read(struct image_process *process, json_object *object, struct ckpt_error *err)
{
    size_t used = 0;
    int error = ARRAY_READ(object, "limits", limit_fields,
                           used < IMAGE_LIMITS ? &process->limits[used++] : NULL, err);

    return error == 0 && used < IMAGE_LIMITS ? bad(err, "limits") : error;
}

static int descriptions_read(struct tree_image *tree, json_object *document, struct ckpt_error *err)
{
    json_object *array = member(document, "descriptions", json_type_array);
    int error = array == NULL ? bad(err, "descriptions") : 0;

    for (size_t i = 0; error == 0 && i < json_object_array_length(array); i++) {
        json_object *object = json_object_array_get_idx(array, i);
        struct image_description *description = tree_image_add_description(tree);
        error = description == NULL ? bad(err, "descriptions")
                                    : struct_read(description_fields, description, object, err);
        if (error == 0)
            error = ARRAY_READ(object, "watches", watch_fields,
                               image_description_add_watch(description), err);
    }
    return error;
}

static int process_read(struct image_process *process, json_object *object, struct ckpt_error *err)
{
    json_object *auxv = member(object, "auxv", json_type_array);

    if (auxv == NULL || json_object_array_length(auxv) > IMAGE_AUXV_WORDS)
        return bad(err, "auxv");
    process->auxv_words = json_object_array_length(auxv);
    for (size_t i = 0; i < process->auxv_words; i++) {
        if (!unsigned_read(json_object_array_get_idx(auxv, i), &process->auxv[i]))
            return bad(err, "auxv");
    }
    if (struct_read(process_fields, process, object, err) < 0 ||
        struct_read(layout_fields, &process->layout, member(object, "layout", json_type_object),
                    err) < 0 ||
        struct_read(library_fields, &process->library, member(object, "library", json_type_object),
                    err) < 0 ||
        limits_read(process, object, err) < 0)
        return -EBADMSG;
    return ARRAY_READ(object, "descriptors", descriptor_fields,
                      image_process_add_descriptor(process), err);
}

static int document_fill(struct tree_image *tree, json_object *document, struct ckpt_error *err)
{
    json_object *processes = member(document, "processes", json_type_array);
    json_object *format = member(document, "format", json_type_int);

    if (json_object_get_int(format) != STORE_FORMAT)
        return ckpt_error_set(err, EBADMSG, "'%s' has format %d, this version reads %d",
                              MANIFEST_TREE_IMAGE, json_object_get_int(format), STORE_FORMAT);
    if (processes == NULL)
        return bad(err, "processes");
    if (struct_read(tree_fields, tree, document, err) < 0 ||
        descriptions_read(tree, document, err) < 0 ||
        ARRAY_READ(document, "pipes", pipe_fields, tree_image_add_pipe(tree), err) < 0 ||
        ARRAY_READ(document, "shared", shared_fields, tree_image_add_shared(tree), err) < 0 ||
        ARRAY_READ(document, "mappedFiles", mapped_file_fields, tree_image_add_mapped_file(tree),
                   err) < 0 ||
        ARRAY_READ(document, "sockets", socket_fields, tree_image_add_socket(tree), err) < 0 ||
        ARRAY_READ(document, "messages", message_fields, tree_image_add_message(tree), err) < 0 ||
        ARRAY_READ(document, "passed", passed_fields, tree_image_add_passed(tree), err) < 0 ||
        ARRAY_READ(document, "options", option_fields, tree_image_add_option(tree), err) < 0 ||
        ARRAY_READ(document, "locks", lock_fields, tree_image_add_lock(tree), err) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(processes); i++) {
        struct image_process *process = tree_image_add_process(tree);
        if (process == NULL ||
            process_read(process, json_object_array_get_idx(processes, i), err) < 0)
            return -EBADMSG;
    }
    return tree_image_check(tree, err);
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
    int error = document_fill(&tree, document, err);
    if (error < 0) {
        tree_image_free(&tree);
        return error;
    }
    *ret = tree;
    return 0;
}
