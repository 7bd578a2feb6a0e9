/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* `ckpt inspect DIR`: everything the store says, without reading images. */
#include "cli/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "store/document.h"
#include "store/generation.h"
#include "store/inspect.h"
#include "store/task.h"

#include <inttypes.h>
#include <stdio.h>

static void print_manifest(const struct manifest *manifest)
{
    char one[TEXT_SIZE], two[TEXT_SIZE], three[TEXT_SIZE];

    printf("generation %u, %s, %s\n", manifest->generation, manifest->created,
           manifest_cause_name(manifest->cause));
    printf("  run %s, pause %s, write %s, output %" PRIu64 " + %" PRIu64 " bytes\n",
           text_seconds(manifest->run_seconds, one), text_seconds(manifest->pause_seconds, two),
           text_seconds(manifest->write_seconds, three), manifest->stdout_bytes,
           manifest->stderr_bytes);
    printf("  host %s, %s, Linux %s\n", manifest->host.name, manifest->host.machine,
           manifest->host.kernel);
    for (size_t i = 0; i < manifest->process_count; i++) {
        const struct manifest_process *process = &manifest->processes[i];

        printf("  process %7d  %-16s %4u threads %9s\n", (int)process->pid, process->name,
               process->threads, text_bytes(process->resident_bytes, one));
    }
    for (size_t i = 0; i < manifest->file_count; i++) {
        const struct manifest_file *file = &manifest->files[i];

        printf("  file    %-20s %9s  %016" PRIx64 "\n", file->name, text_bytes(file->size, one),
               file->xxh3);
    }
}

static int print_generations(struct store *store, struct ckpt_error *err)
{
    cleanup_free unsigned *numbers = NULL;
    size_t count = 0;
    int r = generation_list(store, &numbers, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        struct manifest manifest;
        struct ckpt_error why;

        if (manifest_read(store, numbers[i], &manifest, &why) < 0) {
            printf("generation %u, damaged: %s\n", numbers[i], why.message);
            continue;
        }
        print_manifest(&manifest);
        manifest_free(&manifest);
    }
    return r;
}

static int print_store(struct store *store, struct ckpt_error *err)
{
    cleanup_free char *command = NULL;
    struct task task;
    int r = task_read(store, &task, err);

    if (r < 0)
        return r;
    command = text_command(task.argv);
    printf("task %s, incarnation %u, on %s\n", task.id, task.incarnation, task.host);
    printf("  command %s\n  workdir %s\n", command ? command : "?", task.workdir);
    printf("  attempt directory %s\n", task.attempt_dir);
    for (size_t i = 0; i < task.label_count; i++)
        printf("  label %s=%s\n", task.labels[i].key, task.labels[i].value);
    task_free(&task);
    return print_generations(store, err);
}

int cmd_inspect(int argc, char **argv)
{
    struct arguments arguments;
    struct ckpt_error err;
    struct store *store;
    json_object *document = NULL;
    int r, status = arguments_open(argc, argv, ARGUMENT_JSON, &arguments, &store);

    if (status)
        return status;
    r = arguments.json ? store_inspect(store, &document, &err) : print_store(store, &err);
    store_close(store);
    if (r < 0) {
        ckpt_fail(&err);
        return finish_output(EXIT_FAILED);
    }
    return arguments.json ? print_json(document) : finish_output(EXIT_SUCCESS);
}
