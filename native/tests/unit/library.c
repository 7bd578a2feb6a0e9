/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* libckptctl turns every outcome into its code and one line, and touches the output only on
 * success. */
#include "fixture.h"
#include "unit.h"

#include "ckptctl.h"

#include <json-c/json.h>
#include <sys/stat.h>

#define UNTOUCHED ((char *)1)

TEST(library_verifies)
{
    struct store *store = fixture_store();
    char *text = UNTOUCHED, message[600] = "";
    json_object *document, *value;

    CHECK_INT(ckptctl_verify("store", 0, &text, message, sizeof(message)), CKPTCTL_ENOENT);
    CHECK_CONTAINS(message, "no store at 'store'");
    fixture_generation(store);
    fixture_generation(store);
    CHECK_INT(ckptctl_verify("store", 3, &text, message, sizeof(message)), CKPTCTL_ENOENT);
    fixture_write(store, "generations/000002/12.img", "other bytes");
    CHECK_INT(ckptctl_verify("store", 0, &text, message, sizeof(message)), CKPTCTL_EDAMAGED);
    CHECK_CONTAINS(message, ": 12.img: checksum is ");
    CHECK_INT(ckptctl_verify("store", 2, &text, message, 12), CKPTCTL_EDAMAGED);
    CHECK_STRING(message, "generation ");
    CHECK_INT(ckptctl_verify("store", 2, &text, NULL, 0), CKPTCTL_EDAMAGED);
    CHECK_INT(ckptctl_verify(NULL, 2, &text, message, sizeof(message)), CKPTCTL_EINVAL);
    CHECK_INT(ckptctl_verify("store", 2, NULL, message, sizeof(message)), CKPTCTL_EINVAL);
    CHECK(text == UNTOUCHED);
    CHECK_INT(ckptctl_verify("store", 1, &text, message, sizeof(message)), CKPTCTL_OK);
    document = json_tokener_parse(text);
    CHECK(json_object_object_get_ex(document, "generation", &value));
    CHECK_INT(json_object_get_int(value), 1);
    json_object_put(document);
    ckptctl_free(text);
    store_close(store);
}

TEST(library_removes_what_nobody_uses)
{
    struct store *store = fixture_store();
    char *text = UNTOUCHED, message[600] = "";
    json_object *document, *value;
    struct ckpt_error err;
    int lease = -1;

    fixture_generation(store);
    CHECK_INT(mkdir("store.removed", 0700), 0); /* of one that was killed */
    CHECK_INT(store_lease_acquire(store, 0, &lease, &err), 0);
    CHECK_INT(ckptctl_remove("store", &text, message, sizeof(message)), CKPTCTL_EBUSY);
    CHECK_CONTAINS(message, "is in use by pid");
    CHECK(text == UNTOUCHED && fixture_exists(store, "generations/000001/manifest.json"));
    close(lease);
    CHECK_INT(ckptctl_remove("store", &text, message, sizeof(message)), CKPTCTL_OK);
    document = json_tokener_parse(text);
    CHECK(json_object_object_get_ex(document, "bytes", &value) && json_object_get_int(value) > 0);
    json_object_put(document);
    ckptctl_free(text);
    CHECK(access("store", F_OK) < 0 && access("store.removed", F_OK) < 0);
    CHECK_INT(ckptctl_remove("store", &text, message, sizeof(message)), CKPTCTL_ENOENT);
    store_close(store);
}

TEST(library_inspects)
{
    struct store *store = fixture_store();
    char *text = UNTOUCHED, message[600] = "";
    json_object *document, *value;

    fixture_generation(store);
    CHECK_INT(ckptctl_inspect("store", &text, message, sizeof(message)), CKPTCTL_OK);
    document = json_tokener_parse(text);
    CHECK(json_object_object_get_ex(document, "task", &value) && !value);
    CHECK(json_object_object_get_ex(document, "generations", &value));
    CHECK_INT(json_object_array_length(value), 1);
    json_object_put(document);
    ckptctl_free(text);
    text = UNTOUCHED;
    fixture_write(store, "task.json", "{\"format\": 2}");
    CHECK_INT(ckptctl_inspect("store", &text, message, sizeof(message)), CKPTCTL_EDAMAGED);
    CHECK_CONTAINS(message, "has format 2, this ckpt reads format 1");
    CHECK(text == UNTOUCHED);
    store_close(store);
}

TEST(library_requests)
{
    struct store *store = fixture_store();
    char *text = UNTOUCHED, message[600] = "";

    fixture_generation(store);
    CHECK_INT(ckptctl_request("store", 1000, &text, message, sizeof(message)), CKPTCTL_EFAILED);
    CHECK_CONTAINS(message, "nothing is running in '");
    CHECK(text == UNTOUCHED);
    store_close(store);
}
