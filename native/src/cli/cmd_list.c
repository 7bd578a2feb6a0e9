/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt list DIR`: the generations of a store, one a line. */
#include "cli/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "store/document.h"
#include "store/generation.h"
#include "store/inspect.h"

#include <stdio.h>

static void print_generation(struct store *store, unsigned number)
{
    char run[TEXT_SIZE], pause[TEXT_SIZE], size[TEXT_SIZE];
    struct manifest manifest;
    struct ckpt_error err;

    if (manifest_read(store, number, &manifest, &err) < 0) {
        printf("%10u  damaged: %s\n", number, err.message);
        return;
    }
    printf("%10u  %-24s  %9s  %9s  %9s  %9zu  %s\n", number, manifest.created,
           text_seconds(manifest.run_seconds, run), text_seconds(manifest.pause_seconds, pause),
           text_bytes(manifest_bytes(&manifest), size), manifest.process_count,
           manifest_cause_name(manifest.cause));
    manifest_free(&manifest);
}

static int list_table(struct store *store, struct ckpt_error *err)
{
    cleanup_free unsigned *numbers = NULL;
    size_t count = 0;
    int r = generation_list(store, &numbers, &count, err);

    if (r < 0)
        return r;
    if (count == 0) {
        puts("no generations");
        return 0;
    }
    printf("%10s  %-24s  %9s  %9s  %9s  %9s  %s\n", "GENERATION", "CREATED", "RUN TIME", "PAUSE",
           "SIZE", "PROCESSES", "CAUSE");
    for (size_t i = 0; i < count; i++)
        print_generation(store, numbers[i]);
    return 0;
}

static int list_json(struct store *store, struct ckpt_error *err)
{
    cleanup_json json_object *document = document_new();
    json_object *array;
    int r = store_inspect_generations(store, &array, err);

    if (r < 0)
        return r;
    document_add(document, "generations", array);
    return print_json(json_object_get(document));
}

int cmd_list(int argc, char **argv)
{
    struct arguments arguments;
    struct ckpt_error err;
    struct store *store;
    int r, status = arguments_open(argc, argv, ARGUMENT_JSON, &arguments, &store);

    if (status)
        return status;
    r = arguments.json ? list_json(store, &err) : list_table(store, &err);
    store_close(store);
    if (r < 0) {
        ckpt_fail(&err);
        return EXIT_FAILED;
    }
    return r ? r : finish_output(EXIT_SUCCESS);
}
