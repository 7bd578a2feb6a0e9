/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#include "supervisor/run_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int run_options_add(char ***list, size_t *count, const char *text, struct ckpt_error *err)
{
    char *copy = strdup(text);
    char **grown = reallocarray(*list, *count + 1, sizeof(char *));

    if (grown)
        *list = grown;
    if (!copy || !grown) {
        free(copy);
        return ckpt_error_set(err, ENOMEM, "out of memory");
    }
    grown[(*count)++] = copy;
    return 0;
}

int run_options_exclude(struct run_options *options, const char *glob, struct ckpt_error *err)
{
    for (size_t i = 0; i < options->exclude_count; i++) {
        if (strcmp(options->excludes[i], glob) == 0)
            return 0;
    }
    return run_options_add(&options->excludes, &options->exclude_count, glob, err);
}

const char *run_options_name(const struct run_options *options, const char *option)
{
    size_t length = strlen(option + 2);

    for (size_t i = options->name_count; i-- > 0;) {
        const char *name = options->names[i];
        if (strncmp(name, option + 2, length) == 0 && name[length] == '=')
            return name + length + 1;
    }
    return option;
}

void run_options_free(struct run_options *options)
{
    for (size_t i = 0; i < options->label_count; i++)
        free(options->labels[i]);
    for (size_t i = 0; i < options->exclude_count; i++)
        free(options->excludes[i]);
    for (size_t i = 0; i < options->each_own_count; i++)
        free(options->each_own[i]);
    for (size_t i = 0; i < options->name_count; i++)
        free(options->names[i]);
    free(options->names);
    free(options->each_own);
    free(options->labels);
    free(options->excludes);
    free(options->dir);
    free(options->refresh);
    *options = (struct run_options){0};
}
