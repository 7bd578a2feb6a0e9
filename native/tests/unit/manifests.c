/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A manifest goes round, and anything that is not one is refused with a line that says what and
 * where. */
#include "fixture.h"
#include "unit.h"

#include "common/cleanup.h"
#include "store/checksum.h"
#include "store/document.h"
#include "store/verify.h"

TEST(manifest_goes_round)
{
    struct store *store = fixture_store();
    unsigned number = fixture_generation(store);
    struct manifest manifest;
    struct ckpt_error err;

    CHECK_INT(manifest_read(store, number, &manifest, &err), 0);
    CHECK_INT(manifest.generation, number);
    CHECK_INT(manifest.cause, MANIFEST_PERIODIC);
    CHECK_STRING(manifest.request, "");
    CHECK(manifest.run_seconds == 31.5);
    CHECK(manifest.pause_seconds == 0.012);
    CHECK(manifest.write_seconds == 0);
    CHECK_INT(manifest.host.page_size, sysconf(_SC_PAGESIZE));
    CHECK_STRING(manifest.workdir, "/data/dir");
    CHECK_INT(manifest.stdout_bytes, 1234);
    CHECK_INT(manifest.notes.size, strlen(FIXTURE_NOTES));
    CHECK(manifest.notes.xxh3 == checksum_bytes(FIXTURE_NOTES, strlen(FIXTURE_NOTES)));
    CHECK_INT(manifest.process_count, 1);
    CHECK_INT(manifest.processes[0].pid, 12);
    CHECK_STRING(manifest.processes[0].name, "bwa");
    CHECK_INT(manifest.processes[0].threads, 4);
    CHECK_INT(manifest.processes[0].resident_bytes, 1048576);
    CHECK_INT(manifest.file_count, 3);
    CHECK_STRING(manifest.files[0].name, "tree.img");
    CHECK_INT(manifest.files[0].size, 8);
    CHECK_INT(manifest_bytes(&manifest), 8 + 11 + 28);
    manifest_free(&manifest);
    store_close(store);
}

TEST(requested_manifest_names_its_request)
{
    const char *id = "0123456789abcdef0123456789abcdef";
    struct manifest manifest, back;
    struct ckpt_error err;
    cleanup_json json_object *document = NULL;

    CHECK_INT(manifest_init(&manifest, MANIFEST_REQUEST, "/w", &err), 0);
    strcpy(manifest.request, id);
    manifest.host.vdso = 0xfedcba9876543210;
    CHECK_INT(manifest_add_file(&manifest, "tree.img", INT64_MAX, UINT64_MAX), 0);
    document = manifest_to_json(&manifest);
    CHECK_INT(manifest_from_json(document, "it", &back, &err), 0);
    CHECK_STRING(back.request, id);
    CHECK(back.host.vdso == 0xfedcba9876543210);
    CHECK(back.files[0].size == INT64_MAX && back.files[0].xxh3 == UINT64_MAX);
    manifest_free(&manifest);
    manifest_free(&back);
}

TEST(file_names_stay_inside)
{
    static const char *const bad[] = {"",    ".",           "..",      "../x",
                                      "a/b", "/etc/passwd", ".hidden", "manifest.json"};
    struct manifest manifest = {0};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(manifest_add_file(&manifest, bad[i], 1, 1), -EINVAL);
    CHECK_INT(manifest_add_file(&manifest, "a..b", 1, 1), 0);
    manifest_free(&manifest);
}

TEST(manifest_of_another_format_is_refused)
{
    struct store *store = fixture_store();
    struct manifest manifest;
    struct ckpt_error err;
    char expected[4400];

    fixture_generation(store);
    fixture_edit(store, "generations/000001/manifest.json", "\"format\": 1", "\"format\": 3");
    CHECK_INT(generation_verify(store, 1, &manifest, &err), -EBADMSG);
    snprintf(expected, sizeof(expected),
             "generation 1 of '%s': manifest.json has format 3, this ckpt reads format 1",
             store->path);
    CHECK_STRING(err.message, expected);
    store_close(store);
}

TEST(damaged_manifest_is_refused)
{
    static const struct {
        const char *from, *to, *says;
    } damages[] = {
        {"\"generation\": 1", "\"generation\": 2", "\"generation\" is 2"},
        {"\"tree.img\"", "\"../tree.img\"", "file name '../tree.img' is not allowed"},
        {"\"tree.img\"", "\"tree2.img\"", "tree.img is not among the files"},
        {"\"12.mem\"", "\"/etc/passwd\"", "file name '/etc/passwd' is not allowed"},
        {"\"12.mem\"", "\".\"", "file name '.' is not allowed"},
        {"\"size\": 8", "\"size\": 9", "\"bytes\" is 47, its files have 48"},
        {"\"size\": 8", "\"size\": -8", "\"size\" is missing or not a number"},
        {"\"size\": 8", "\"size\": 9223372036854775808", "\"size\" is 9223372036854775808"},
        {"\"xxh3\": \"", "\"xxh3\": \"0", "\"xxh3\" is missing or not 16 hexadecimal digits"},
        {"\"periodic\"", "\"whim\"", "allowed are periodic, request, signal"},
        {"\"periodic\"", "\"request\"", "\"request\" is missing"},
        {"\"pid\": 12", "\"pid\": 0", "pid 0"},
        {"\"pid\": 12", "\"pid\": 4294967308", "\"pid\" is 4294967308"},
        {"\"pageSize\": 4096", "\"pageSize\": 0", "\"pageSize\" is 0"},
        {"\"runSeconds\": 31.5", "\"runSeconds\": NaN", "\"runSeconds\""},
        {"\"runSeconds\": 31.5", "\"runSeconds\": 1e999", "\"runSeconds\""},
        {"\"runSeconds\": 31.5", "\"runSeconds\": -1", "\"runSeconds\""},
        {"\"workdir\": \"/data/dir\"", "\"workdir\": \"work\"", "absolute path"},
        {"\"processes\": [", "\"processes\": [[", "not valid JSON"},
        {"\"files\":", "\"filet\":", "\"files\" is missing"},
    };
    struct store *store = fixture_store();
    struct ckpt_error err;

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        cleanup_free char *good = NULL;

        if (i == 0)
            fixture_generation(store);
        good = fixture_read(store, "generations/000001/manifest.json");
        fixture_edit(store, "generations/000001/manifest.json", damages[i].from, damages[i].to);
        CHECK_INT(generation_verify(store, 1, NULL, &err), -EBADMSG);
        CHECK_CONTAINS(err.message, damages[i].says);
        CHECK_CONTAINS(err.message, "generation 1 of '");
        fixture_write(store, "generations/000001/manifest.json", good);
        CHECK_INT(generation_verify(store, 1, NULL, &err), 0);
    }
    store_close(store);
}
