/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt verify DIR`: reads every generation, or the one that is named, and compares it with its
 * checksums. */
#include "cli/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "store/document.h"
#include "store/generation.h"
#include "store/inspect.h"
#include "store/verify.h"

#include <errno.h>
#include <stdio.h>

static int verify_one_json(struct store *store, unsigned number)
{
    struct manifest manifest;
    struct ckpt_error err;
    json_object *document;

    if (generation_verify(store, number, &manifest, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_FAILED;
    }
    document = manifest_to_json(&manifest);
    manifest_free(&manifest);
    return print_json(document);
}

static int verify_all_json(struct store *store, const unsigned *numbers, size_t count)
{
    json_object *document = document_new(), *array = json_object_new_array();
    int printed, status = EXIT_SUCCESS;

    for (size_t i = 0; i < count; i++) {
        json_object *entry = store_inspect_generation(store, numbers[i], true);

        if (json_object_object_get_ex(entry, "damaged", NULL))
            status = EXIT_FAILED;
        document_append(array, entry);
    }
    document_add(document, "generations", array);
    printed = print_json(document);
    return status ? status : printed;
}

static int verify_table(struct store *store, const unsigned *numbers, size_t count)
{
    int status = EXIT_SUCCESS;

    for (size_t i = 0; i < count; i++) {
        struct manifest manifest;
        struct ckpt_error err;
        char size[TEXT_SIZE];

        if (generation_verify(store, numbers[i], &manifest, &err) < 0) {
            fflush(stdout); /* both streams often are one file */
            ckpt_fail(&err);
            status = EXIT_FAILED;
            continue;
        }
        printf("generation %u: ok, %zu files, %s\n", numbers[i], manifest.file_count,
               text_bytes(manifest_bytes(&manifest), size));
        manifest_free(&manifest);
    }
    return finish_output(status);
}

static int verify_all(struct store *store, bool json)
{
    cleanup_free unsigned *numbers = NULL;
    struct ckpt_error err;
    size_t count = 0;
    int r = generation_list(store, &numbers, &count, &err);

    if (r == 0 && count == 0)
        r = ckpt_error_set(&err, ENOENT, "no generation in '%s'", store->path);
    if (r < 0) {
        ckpt_fail(&err);
        return EXIT_FAILED;
    }
    return json ? verify_all_json(store, numbers, count) : verify_table(store, numbers, count);
}

int cmd_verify(int argc, char **argv)
{
    struct arguments arguments;
    struct store *store;
    int status =
        arguments_open(argc, argv, ARGUMENT_JSON | ARGUMENT_GENERATION, &arguments, &store);

    if (status)
        return status;
    if (!arguments.generation)
        status = verify_all(store, arguments.json);
    else if (arguments.json)
        status = verify_one_json(store, arguments.generation);
    else
        status = verify_table(store, &arguments.generation, 1);
    store_close(store);
    return status;
}
