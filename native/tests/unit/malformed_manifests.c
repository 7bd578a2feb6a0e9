/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Whatever bytes a manifest holds, reading it ends in a result or a message,
 * never in a crash; and a manifest that is accepted obeys the rules the restart relies on. */
#include "fixture.h"
#include "fuzz.h"
#include "unit.h"

#include "common/cleanup.h"
#include "store/document.h"
#include "store/manifest.h"
#include "store/manifest_name.h"

#define FUZZ_MS 1500

static void check_accepted(const struct manifest *manifest)
{
    bool tree = false;

    for (size_t i = 0; i < manifest->file_count; i++) {
        CHECK(manifest_name_is_valid(manifest->files[i].name));
        tree |= strcmp(manifest->files[i].name, MANIFEST_TREE_IMAGE) == 0;
    }
    for (size_t i = 0; i < manifest->process_count; i++)
        CHECK(manifest->processes[i].pid > 0);
    CHECK(tree && manifest->workdir[0] == '/' && manifest->run_seconds >= 0);
}

TEST(malformed_manifests_do_no_harm)
{
    struct store *store = fixture_store();
    cleanup_free char *good = NULL;
    char text[16384];
    unsigned rounds = 0, refused = 0;

    fuzz_start(FUZZ_MS);
    fixture_generation(store);
    good = fixture_read(store, "generations/000001/manifest.json");
    CHECK(strlen(good) < sizeof(text) / 2);
    for (; fuzz_goes_on(); rounds++) {
        cleanup_json json_object *document = NULL;
        struct ckpt_error err = {0};
        struct manifest manifest;
        size_t size;

        strcpy(text, good);
        size = fuzz_text(text, strlen(text), sizeof(text) - 1);
        if (document_parse(text, size, "it", &document, &err) == 0 &&
            manifest_from_json(document, "it", &manifest, &err) == 0) {
            check_accepted(&manifest);
            manifest_free(&manifest);
            continue;
        }
        CHECK_INT(err.code, EBADMSG);
        CHECK(strncmp(err.message, "it", 2) == 0 && !strchr(err.message, '\n'));
        refused++;
    }
    CHECK(rounds > 100 && refused > rounds / 2);
    store_close(store);
}
