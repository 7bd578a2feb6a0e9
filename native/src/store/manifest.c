/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* The manifest in memory, and writing it. It is the last file of a generation to be written; its
 * name's appearance is the moment at which the generation exists. */
#include "store/manifest.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "store/checksum.h"
#include "store/document.h"
#include "store/manifest_name.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const char *const cause_names[] = {"periodic", "request", "signal", "time-limit", "memory"};

const char *manifest_cause_name(enum manifest_cause cause)
{
    return cause_names[cause];
}

void manifest_free(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->process_count; i++)
        free(manifest->processes[i].name);
    for (size_t i = 0; i < manifest->file_count; i++)
        free(manifest->files[i].name);
    free(manifest->processes);
    free(manifest->files);
    free(manifest->created);
    free(manifest->host.name);
    free(manifest->host.machine);
    free(manifest->host.kernel);
    free(manifest->host.cpu);
    free(manifest->workdir);
    *manifest = (struct manifest){0};
}

int manifest_init(struct manifest *ret, enum manifest_cause cause, const char *workdir,
                  struct ckpt_error *err)
{
    char now[CLOCK_TEXT_SIZE];
    struct manifest manifest = {.cause = cause};
    struct utsname host;

    clock_text(now);
    if (uname(&host) < 0)
        return ckpt_error_errno(err, "manifest: uname");
    manifest.host.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    if (!(manifest.created = strdup(now)) || !(manifest.workdir = strdup(workdir)) ||
        !(manifest.host.name = strdup(host.nodename)) ||
        !(manifest.host.machine = strdup(host.machine)) ||
        !(manifest.host.kernel = strdup(host.release))) {
        manifest_free(&manifest);
        return ckpt_error_set(err, ENOMEM, "manifest: out of memory");
    }
    *ret = manifest;
    return 0;
}

int manifest_add_process(struct manifest *manifest, pid_t pid, const char *name, unsigned threads,
                         uint64_t resident_bytes)
{
    struct manifest_process *grown =
        reallocarray(manifest->processes, manifest->process_count + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    manifest->processes = grown;
    grown += manifest->process_count;
    *grown = (struct manifest_process){
        .pid = pid, .name = strdup(name), .threads = threads, .resident_bytes = resident_bytes};
    if (!grown->name)
        return -ENOMEM;
    manifest->process_count++;
    return 0;
}

bool manifest_name_is_valid(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) <= NAME_MAX &&
           strcmp(name, MANIFEST_NAME) != 0;
}

int manifest_add_file(struct manifest *manifest, const char *name, uint64_t size, uint64_t xxh3)
{
    struct manifest_file *grown;

    if (!manifest_name_is_valid(name))
        return -EINVAL;
    grown = reallocarray(manifest->files, manifest->file_count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    manifest->files = grown;
    grown += manifest->file_count;
    *grown = (struct manifest_file){.name = strdup(name), .size = size, .xxh3 = xxh3};
    if (!grown->name)
        return -ENOMEM;
    manifest->file_count++;
    return 0;
}

int manifest_add_content(struct manifest *manifest, const char *name, uint64_t size, uint64_t sum,
                         bool written)
{
    int error = manifest_add_file(manifest, name, size, sum);

    if (error == 0) {
        manifest->files[manifest->file_count - 1].block = CHECKSUM_BLOCK;
        manifest->files[manifest->file_count - 1].synced = !written;
    }
    return error;
}

uint64_t manifest_bytes(const struct manifest *manifest)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < manifest->file_count; i++)
        bytes += manifest->files[i].size;
    return bytes;
}

static json_object *host_to_json(const struct manifest_host *host)
{
    json_object *object = json_object_new_object();
    int r = document_add_string(object, "name", host->name);

    r |= document_add_string(object, "machine", host->machine);
    r |= document_add_string(object, "kernel", host->kernel);
    r |= document_add_unsigned(object, "pageSize", host->page_size);
    r |= document_add_hex64(object, "vdso", host->vdso);
    if (host->cpu != NULL)
        r |= document_add_string(object, "cpu", host->cpu);
    if (r < 0) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static json_object *notes_to_json(const struct manifest_notes *notes)
{
    json_object *object = json_object_new_object();

    if (document_add_unsigned(object, "size", notes->size) |
        document_add_hex64(object, "xxh3", notes->xxh3)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static json_object *processes_to_json(const struct manifest *manifest)
{
    json_object *array = json_object_new_array();
    int r = 0;

    for (size_t i = 0; i < manifest->process_count; i++) {
        const struct manifest_process *process = &manifest->processes[i];
        json_object *entry = json_object_new_object();

        r |= document_add_unsigned(entry, "pid", (uint64_t)process->pid);
        r |= document_add_string(entry, "name", process->name);
        r |= document_add_unsigned(entry, "threads", process->threads);
        r |= document_add_unsigned(entry, "residentBytes", process->resident_bytes);
        r |= document_append(array, entry);
    }
    if (r < 0) {
        json_object_put(array);
        return NULL;
    }
    return array;
}

static json_object *files_to_json(const struct manifest *manifest)
{
    json_object *array = json_object_new_array();
    int r = 0;

    for (size_t i = 0; i < manifest->file_count; i++) {
        const struct manifest_file *file = &manifest->files[i];
        json_object *entry = json_object_new_object();

        r |= document_add_string(entry, "name", file->name);
        r |= document_add_unsigned(entry, "size", file->size);
        r |= document_add_hex64(entry, "xxh3", file->xxh3);
        if (file->block != 0)
            r |= document_add_unsigned(entry, "block", file->block);
        r |= document_append(array, entry);
    }
    if (r < 0) {
        json_object_put(array);
        return NULL;
    }
    return array;
}

struct json_object *manifest_to_json(const struct manifest *manifest)
{
    json_object *document = document_new();
    int r = document_add_unsigned(document, "generation", manifest->generation);

    r |= document_add_string(document, "created", manifest->created);
    r |= document_add_string(document, "cause", manifest_cause_name(manifest->cause));
    if (manifest->cause == MANIFEST_REQUEST)
        r |= document_add_string(document, "request", manifest->request);
    r |= document_add_seconds(document, "runSeconds", manifest->run_seconds);
    r |= document_add_seconds(document, "pauseSeconds", manifest->pause_seconds);
    r |= document_add_seconds(document, "writeSeconds", manifest->write_seconds);
    r |= document_add(document, "host", host_to_json(&manifest->host));
    r |= document_add_string(document, "workdir", manifest->workdir);
    r |= document_add_unsigned(document, "stdoutBytes", manifest->stdout_bytes);
    r |= document_add_unsigned(document, "stderrBytes", manifest->stderr_bytes);
    if (manifest->notes.size > 0)
        r |= document_add(document, "notes", notes_to_json(&manifest->notes));
    r |= document_add_unsigned(document, "bytes", manifest_bytes(manifest));
    r |= document_add(document, "processes", processes_to_json(manifest));
    r |= document_add(document, "files", files_to_json(manifest));
    if (r < 0) {
        json_object_put(document);
        return NULL;
    }
    return document;
}

int manifest_write(int dirfd, const struct manifest *manifest, struct ckpt_error *err)
{
    cleanup_json json_object *document = manifest_to_json(manifest);
    char what[64];

    snprintf(what, sizeof(what), "generation %u: %s", manifest->generation, MANIFEST_NAME);
    return document_write(dirfd, MANIFEST_NAME, document, what, true, err);
}
