/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* libckptctl.so: the store and the host check for other languages. A thin layer: it turns struct
 * ckpt_error into a code and a message, and documents into text. Keeps no state, prints nothing. */
#pragma GCC visibility push(default)
#include "ckptctl.h"
#pragma GCC visibility pop

#include "common/cleanup.h"
#include "common/hostcheck.h"
#include "store/document.h"
#include "store/generation.h"
#include "store/inspect.h"
#include "store/remove.h"
#include "store/request.h"
#include "store/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The code for a failure, whose line goes into message. */
static int fail(const struct ckpt_error *err, char *message, size_t message_size)
{
    if (message && message_size)
        snprintf(message, message_size, "%s", err->message);
    switch (err->code) {
    case EINVAL:
        return CKPTCTL_EINVAL;
    case ENOENT:
        return CKPTCTL_ENOENT;
    case EBADMSG:
        return CKPTCTL_EDAMAGED;
    case ESRCH:
    case ETIMEDOUT:
    case ECANCELED:
        return CKPTCTL_EFAILED;
    case EBUSY:
        return CKPTCTL_EBUSY;
    default:
        return CKPTCTL_EIO;
    }
}

/* Hands the document out as text. */
static int give(json_object *document, char **ret_json, char *message, size_t message_size)
{
    struct ckpt_error err;
    const char *text = NULL;
    char *copy = NULL;

    if (document)
        text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text)
        copy = strdup(text);
    if (!copy) {
        ckpt_error_set(&err, ENOMEM, "out of memory");
        return fail(&err, message, message_size);
    }
    *ret_json = copy;
    return CKPTCTL_OK;
}

static int open_store(const char *dir, char **ret_json, struct store **ret, struct ckpt_error *err)
{
    if (!dir || !*dir || !ret_json)
        return ckpt_error_set(err, EINVAL, "%s is missing", ret_json ? "dir" : "ret_json");
    return store_open(dir, ret, err);
}

int ckptctl_abi(void)
{
    return CKPTCTL_ABI;
}

int ckptctl_check(char **ret_json, char *message, size_t message_size)
{
    cleanup_json json_object *document = NULL;
    struct hostcheck check;
    struct ckpt_error err;

    if (!ret_json) {
        ckpt_error_set(&err, EINVAL, "ret_json is missing");
        return fail(&err, message, message_size);
    }
    if (hostcheck_run(&check, &err) < 0)
        return fail(&err, message, message_size);
    document = hostcheck_to_json(&check);
    return give(document, ret_json, message, message_size);
}

static int verify(struct store *store, unsigned generation, json_object **ret,
                  struct ckpt_error *err)
{
    struct manifest manifest;
    int r = 0;

    if (generation == 0)
        r = generation_latest(store, &generation, err);
    if (r == 0)
        r = generation_verify(store, generation, &manifest, err);
    if (r < 0)
        return r;
    *ret = manifest_to_json(&manifest);
    manifest_free(&manifest);
    return 0;
}

int ckptctl_verify(const char *dir, unsigned generation, char **ret_json, char *message,
                   size_t message_size)
{
    cleanup_json json_object *document = NULL;
    struct store *store = NULL;
    struct ckpt_error err;
    int r = open_store(dir, ret_json, &store, &err);

    if (r == 0)
        r = verify(store, generation, &document, &err);
    store_close(store);
    return r < 0 ? fail(&err, message, message_size)
                 : give(document, ret_json, message, message_size);
}

int ckptctl_inspect(const char *dir, char **ret_json, char *message, size_t message_size)
{
    cleanup_json json_object *document = NULL;
    struct store *store = NULL;
    struct ckpt_error err;
    int r = open_store(dir, ret_json, &store, &err);

    if (r == 0)
        r = store_inspect(store, &document, &err);
    store_close(store);
    return r < 0 ? fail(&err, message, message_size)
                 : give(document, ret_json, message, message_size);
}

int ckptctl_request(const char *dir, unsigned timeout_ms, char **ret_json, char *message,
                    size_t message_size)
{
    cleanup_json json_object *document = NULL;
    struct store *store = NULL;
    struct ckpt_error err;
    unsigned generation = 0;
    int r = open_store(dir, ret_json, &store, &err);

    if (r == 0)
        r = request_checkpoint(store, timeout_ms, &generation, &err);
    store_close(store);
    if (r < 0)
        return fail(&err, message, message_size);
    document = document_new();
    document_add_unsigned(document, "generation", generation);
    return give(document, ret_json, message, message_size);
}

int ckptctl_remove(const char *dir, char **ret_json, char *message, size_t message_size)
{
    cleanup_json json_object *document = NULL;
    struct store *store = NULL;
    struct ckpt_error err;
    uint64_t bytes = 0;
    int r = open_store(dir, ret_json, &store, &err);

    if (r == 0)
        r = store_remove(store, &bytes, &err);
    store_close(store);
    if (r < 0)
        return fail(&err, message, message_size);
    document = document_new();
    document_add_unsigned(document, "bytes", bytes);
    return give(document, ret_json, message, message_size);
}

void ckptctl_free(char *json)
{
    free(json);
}
