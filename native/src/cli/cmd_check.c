/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt check`: what this host can do, and why not; with DIR, also whether the image there fits it. */
#include "cli/command.h"

#include "common/hostcheck.h"
#include "common/log.h"
#include "store/generation.h"
#include "store/manifest.h"
#include "supervisor/fit.h"
#include "supervisor/way.h"

#include <stdio.h>
#include <stdlib.h>

static void print_check(const struct hostcheck *check)
{
    for (size_t i = 0; i < check->count; i++) {
        const struct hostcheck_item *item = &check->items[i];
        const char *word = item->ok ? "ok" : item->required ? "missing" : "note";

        printf("%-16s %-8s %s\n", item->name, word, item->detail);
    }
    puts(check->usable ? "usable: tasks can be checkpointed and restarted here"
                       : "not usable: a restart needs what is missing");
}

/* Its latest generation, or the one named. */
static int image_look(const struct arguments *arguments, struct hostcheck *check,
                      struct ckpt_error *err)
{
    unsigned generation = arguments->generation;
    struct manifest manifest;
    struct store *store;
    int r = store_open(arguments->dir, &store, err);

    if (r < 0)
        return r;
    if (generation == 0)
        r = generation_latest(store, &generation, err);
    if (r == 0)
        r = manifest_read(store, generation, &manifest, err);
    if (r == 0) {
        fit_look(store, &manifest, NULL, check);
        fit_look_at_inputs(store, &manifest, check);
        r = way_look(store, &manifest, generation, check, err);
        manifest_free(&manifest);
    }
    store_close(store);
    return r;
}

int cmd_check(int argc, char **argv)
{
    struct arguments arguments;
    struct hostcheck check;
    struct ckpt_error err;
    int status;

    if (arguments_parse(argc, argv, ARGUMENT_JSON | ARGUMENT_GENERATION | ARGUMENT_MAY_DIR,
                        &arguments, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_USAGE;
    }
    if (hostcheck_run(&check, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_FAILED;
    }
    if (arguments.dir != NULL && image_look(&arguments, &check, &err) < 0) {
        ckpt_fail(&err);
        return EXIT_FAILED;
    }
    if (arguments.json) {
        status = print_json(hostcheck_to_json(&check));
    } else {
        print_check(&check);
        status = finish_output(EXIT_SUCCESS);
    }
    return status ? status : check.usable ? EXIT_SUCCESS : EXIT_FAILED;
}
