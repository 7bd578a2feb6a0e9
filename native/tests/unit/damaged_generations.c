/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A generation with any byte changed, cut off or missing is not verified, and the message names
 * it. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "store/inspect.h"
#include "store/verify.h"

#include <errno.h>
#include <json-c/json.h>
#include <sys/stat.h>

#define IMAGE "generations/000001/12.mem"

static void check_damage(struct store *store, const char *says)
{
    struct ckpt_error err;

    CHECK_INT(generation_verify(store, 1, NULL, &err), -EBADMSG);
    CHECK_CONTAINS(err.message, "generation 1 of '");
    CHECK_CONTAINS(err.message, ": 12.mem: ");
    CHECK_CONTAINS(err.message, says);
}

TEST(every_flipped_byte_is_noticed)
{
    struct store *store = fixture_store();
    cleanup_free char *good = NULL;
    struct ckpt_error err;
    struct manifest manifest;

    fixture_generation(store);
    CHECK_INT(generation_verify(store, 1, &manifest, &err), 0);
    CHECK_INT(manifest.file_count, 3);
    manifest_free(&manifest);
    good = fixture_read(store, IMAGE);
    for (size_t i = 0; good[i]; i++) {
        good[i] ^= 0x01;
        fixture_write(store, IMAGE, good);
        check_damage(store, "checksum is ");
        good[i] ^= 0x01;
    }
    fixture_write(store, IMAGE, good);
    CHECK_INT(generation_verify(store, 1, NULL, &err), 0);
    store_close(store);
}

TEST(truncated_and_grown_files_are_noticed)
{
    struct store *store = fixture_store();

    fixture_generation(store);
    fixture_write(store, IMAGE, "its pages, ");
    check_damage(store, "size is 11, should be 28");
    fixture_write(store, IMAGE, "");
    check_damage(store, "size is 0, should be 28");
    fixture_write(store, IMAGE, "its pages, rather short ones and more");
    check_damage(store, "size is 37, should be 28");
    store_close(store);
}

TEST(missing_and_foreign_files_are_noticed)
{
    struct store *store = fixture_store();

    fixture_generation(store);
    CHECK_INT(unlinkat(store->dirfd, IMAGE, 0), 0);
    check_damage(store, "the file is missing");
    CHECK_INT(symlinkat("12.img", store->dirfd, IMAGE), 0);
    check_damage(store, "a symbolic link");
    CHECK_INT(unlinkat(store->dirfd, IMAGE, 0), 0);
    CHECK_INT(mkfifoat(store->dirfd, IMAGE, 0600), 0);
    check_damage(store, "not a regular file");
    store_close(store);
}

TEST(damaged_notes_are_noticed_as_far_as_a_generation_relies_on_them)
{
    struct store *store = fixture_store();
    cleanup_free char *good = NULL;
    struct ckpt_error err;

    fixture_generation(store);
    good = fixture_read(store, NOTES_NAME);
    for (size_t i = 0; good[i]; i++) {
        good[i] ^= 0x01;
        fixture_write(store, NOTES_NAME, good);
        CHECK_INT(generation_verify(store, 1, NULL, &err),
                  i < strlen(FIXTURE_NOTES) ? -EBADMSG : 0);
        if (i < strlen(FIXTURE_NOTES))
            CHECK_CONTAINS(err.message, ": notes: checksum is ");
        good[i] ^= 0x01;
    }
    fixture_write(store, NOTES_NAME, "C/");
    CHECK_INT(generation_verify(store, 1, NULL, &err), -EBADMSG);
    CHECK_CONTAINS(err.message, ": notes: it is shorter than at the checkpoint: 2 of ");
    CHECK_INT(unlinkat(store->dirfd, NOTES_NAME, 0), 0);
    CHECK_INT(generation_verify(store, 1, NULL, &err), -EBADMSG);
    CHECK_CONTAINS(err.message, ": notes: the file is missing");
    store_close(store);
}

TEST(generation_without_manifest_is_none)
{
    struct store *store = fixture_store();
    struct ckpt_error err;

    fixture_generation(store);
    CHECK_INT(unlinkat(store->dirfd, "generations/000001/manifest.json", 0), 0);
    CHECK_INT(generation_verify(store, 1, NULL, &err), -ENOENT);
    CHECK_INT(generation_verify(store, 2, NULL, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "no generation 2 in '");
    store_close(store);
}

TEST(inspect_shows_the_damaged_beside_the_good)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    cleanup_json json_object *document = NULL;
    json_object *generations, *value;

    fixture_generation(store);
    fixture_generation(store);
    fixture_write(store, "generations/000001/manifest.json", "{");
    CHECK_INT(store_inspect(store, &document, &err), 0);
    CHECK(json_object_object_get_ex(document, "task", &value) && !value);
    CHECK(json_object_object_get_ex(document, "status", &value) && !value);
    CHECK(json_object_object_get_ex(document, "generations", &generations));
    CHECK_INT(json_object_array_length(generations), 2);
    CHECK(json_object_object_get_ex(json_object_array_get_idx(generations, 0), "damaged", &value));
    CHECK_CONTAINS(json_object_get_string(value), "not valid JSON");
    CHECK(json_object_object_get_ex(json_object_array_get_idx(generations, 1), "files", &value));
    store_close(store);
}

TEST(inspect_takes_half_a_task_without_generations_for_none)
{
    struct store *store = fixture_store();
    struct ckpt_error err;
    json_object *document = NULL, *value;

    fixture_write(store, "task.json", "{ \"format\": 1, \"id\": \"26d8");
    CHECK_INT(store_inspect(store, &document, &err), 0);
    CHECK(json_object_object_get_ex(document, "task", &value) && !value);
    json_object_put(document);
    fixture_generation(store);
    CHECK_INT(store_inspect(store, &document, &err), -EBADMSG);
    store_close(store);
}
