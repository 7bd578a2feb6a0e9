/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A store as one JSON document, for people and programs. What is damaged is shown as damaged; it
 * never hides the rest. */
#include "store/inspect.h"

#include "common/cleanup.h"
#include "store/document.h"
#include "store/generation.h"
#include "store/status.h"
#include "store/task.h"
#include "store/verify.h"

#include <errno.h>

static int no_memory(struct store *store, struct ckpt_error *err)
{
    return ckpt_error_set(err, ENOMEM, "inspect '%s': out of memory", store->path);
}

struct json_object *store_inspect_generation(struct store *store, unsigned number, bool verify)
{
    struct ckpt_error why;
    struct manifest manifest;
    json_object *entry;
    int r = verify ? generation_verify(store, number, &manifest, &why)
                   : manifest_read(store, number, &manifest, &why);

    if (r == 0) {
        entry = manifest_to_json(&manifest);
        manifest_free(&manifest);
        return entry;
    }
    entry = json_object_new_object();
    if (document_add_unsigned(entry, "generation", number) |
        document_add_string(entry, "damaged", why.message)) {
        json_object_put(entry);
        return NULL;
    }
    return entry;
}

int store_inspect_generations(struct store *store, struct json_object **ret, struct ckpt_error *err)
{
    cleanup_free unsigned *numbers = NULL;
    json_object *array;
    size_t count = 0;
    int r = generation_list(store, &numbers, &count, err);

    if (r < 0)
        return r;
    array = json_object_new_array();
    r = array ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = document_append(array, store_inspect_generation(store, numbers[i], false));
    if (r < 0) {
        json_object_put(array);
        return no_memory(store, err);
    }
    *ret = array;
    return 0;
}

static bool has_generations(struct store *store)
{
    cleanup_free unsigned *numbers = NULL;
    size_t count = 0;

    return generation_list(store, &numbers, &count, NULL) < 0 || count > 0;
}

/* Adds the document, or null if the store has none. */
static int add_task(struct store *store, json_object *document, struct ckpt_error *err)
{
    struct task task;
    int r = task_read(store, &task, err);

    if (r == -EBADMSG && !has_generations(store)) /* it reaches the disk with the first */
        r = -ENOENT;
    if (r == -ENOENT)
        return json_object_object_add(document, "task", NULL) < 0 ? no_memory(store, err) : 0;
    if (r < 0)
        return r;
    r = document_add(document, "task", task_to_json(&task));
    task_free(&task);
    return r < 0 ? no_memory(store, err) : 0;
}

static int add_status(struct store *store, json_object *document, struct ckpt_error *err)
{
    struct status status;
    int r = status_look(store, &status, err);

    if (r == -ENOENT)
        return json_object_object_add(document, "status", NULL) < 0 ? no_memory(store, err) : 0;
    if (r < 0)
        return r;
    r = document_add(document, "status", status_to_json(&status));
    status_free(&status);
    return r < 0 ? no_memory(store, err) : 0;
}

int store_inspect(struct store *store, struct json_object **ret, struct ckpt_error *err)
{
    cleanup_json json_object *document = document_new();
    json_object *generations;
    int r;

    if (!document)
        return no_memory(store, err);
    if ((r = add_task(store, document, err)) < 0 || (r = add_status(store, document, err)) < 0 ||
        (r = store_inspect_generations(store, &generations, err)) < 0)
        return r;
    if (document_add(document, "generations", generations) < 0)
        return no_memory(store, err);
    *ret = document;
    document = NULL;
    return 0;
}
