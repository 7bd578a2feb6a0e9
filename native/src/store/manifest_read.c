/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Reading a manifest, which somebody may have damaged or made up: nothing in it is believed that
 * is not checked here. */
#include "common/cleanup.h"
#include "store/checksum.h"
#include "store/document.h"
#include "store/generation.h"
#include "store/manifest.h"
#include "store/manifest_name.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MANIFEST_LIMIT (64 * 1024 * 1024)

static int read_cause(json_object *document, const char *what, struct manifest *manifest,
                      struct ckpt_error *err)
{
    cleanup_free char *name = NULL;
    int r = document_string(document, "cause", what, &name, err);

    if (r < 0)
        return r;
    for (int cause = MANIFEST_PERIODIC; cause < MANIFEST_CAUSES; cause++) {
        if (strcmp(name, manifest_cause_name((enum manifest_cause)cause)) != 0)
            continue;
        manifest->cause = (enum manifest_cause)cause;
        if (cause == MANIFEST_REQUEST)
            return document_id(document, "request", what, manifest->request, err);
        return 0;
    }
    return ckpt_error_set(err, EBADMSG,
                          "%s: \"cause\" is \"%s\", allowed are periodic, request, signal, "
                          "time-limit, memory",
                          what, name);
}

static int read_host(json_object *document, const char *what, struct manifest_host *ret,
                     struct ckpt_error *err)
{
    json_object *host;
    uint64_t page_size;
    int r;

    if ((r = document_object(document, "host", what, &host, err)) < 0 ||
        (r = document_string(host, "name", what, &ret->name, err)) < 0 ||
        (r = document_string(host, "machine", what, &ret->machine, err)) < 0 ||
        (r = document_string(host, "kernel", what, &ret->kernel, err)) < 0 ||
        (r = document_unsigned(host, "pageSize", what, 1 << 30, &page_size, err)) < 0 ||
        (r = document_hex64(host, "vdso", what, &ret->vdso, err)) < 0)
        return r;
    if (json_object_object_get_ex(host, "cpu", NULL) &&
        (r = document_string(host, "cpu", what, &ret->cpu, err)) < 0)
        return r;
    if (page_size < 4096 || (page_size & (page_size - 1)))
        return ckpt_error_set(err, EBADMSG, "%s: \"pageSize\" is %" PRIu64, what, page_size);
    ret->page_size = (uint32_t)page_size;
    return 0;
}

static int read_notes(json_object *document, const char *what, struct manifest_notes *ret,
                      struct ckpt_error *err)
{
    json_object *notes;
    int r;

    if (!json_object_object_get_ex(document, "notes", NULL))
        return 0;
    if ((r = document_object(document, "notes", what, &notes, err)) < 0 ||
        (r = document_unsigned(notes, "size", what, INT64_MAX, &ret->size, err)) < 0)
        return r;
    return document_hex64(notes, "xxh3", what, &ret->xxh3, err);
}

static int read_process(json_object *entry, const char *what, struct manifest *manifest,
                        struct ckpt_error *err)
{
    cleanup_free char *name = NULL;
    uint64_t pid, threads, resident;
    int r;

    if ((r = document_unsigned(entry, "pid", what, INT_MAX, &pid, err)) < 0 ||
        (r = document_string(entry, "name", what, &name, err)) < 0 ||
        (r = document_unsigned(entry, "threads", what, INT_MAX, &threads, err)) < 0 ||
        (r = document_unsigned(entry, "residentBytes", what, INT64_MAX, &resident, err)) < 0)
        return r;
    if (pid == 0)
        return ckpt_error_set(err, EBADMSG, "%s: a process has pid 0", what);
    if (manifest_add_process(manifest, (pid_t)pid, name, (unsigned)threads, resident) < 0)
        return ckpt_error_set(err, ENOMEM, "%s: out of memory", what);
    return 0;
}

static int read_file_entry(json_object *entry, const char *what, struct manifest *manifest,
                           struct ckpt_error *err)
{
    cleanup_free char *name = NULL;
    uint64_t size, xxh3, block = 0;
    int r;

    if ((r = document_string(entry, "name", what, &name, err)) < 0 ||
        (r = document_unsigned(entry, "size", what, INT64_MAX, &size, err)) < 0 ||
        (r = document_hex64(entry, "xxh3", what, &xxh3, err)) < 0)
        return r;
    if (json_object_object_get_ex(entry, "block", NULL) &&
        (r = document_unsigned(entry, "block", what, CHECKSUM_BLOCK, &block, err)) < 0)
        return r;
    if (block != 0 && block != CHECKSUM_BLOCK)
        return ckpt_error_set(err, EBADMSG, "%s: \"block\" of '%s' is %" PRIu64, what, name, block);
    r = block != 0 ? manifest_add_content(manifest, name, size, xxh3, false)
                   : manifest_add_file(manifest, name, size, xxh3);
    if (r == -EINVAL)
        return ckpt_error_set(err, EBADMSG, "%s: file name '%s' is not allowed", what, name);
    return r < 0 ? ckpt_error_set(err, ENOMEM, "%s: out of memory", what) : 0;
}

static int read_entries(json_object *document, const char *key, const char *what,
                        int (*read_entry)(json_object *, const char *, struct manifest *,
                                          struct ckpt_error *),
                        struct manifest *manifest, struct ckpt_error *err)
{
    json_object *array;
    int r = document_array(document, key, what, &array, err);

    for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++)
        r = read_entry(json_object_array_get_idx(array, i), what, manifest, err);
    return r;
}

/* The sum of the sizes must be what is written, and the tree's image must be among the files. */
static int check_files(json_object *document, const char *what, const struct manifest *manifest,
                       struct ckpt_error *err)
{
    uint64_t bytes, sum = 0;
    bool tree = false;
    int r = document_unsigned(document, "bytes", what, INT64_MAX, &bytes, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < manifest->file_count; i++) {
        if (__builtin_add_overflow(sum, manifest->files[i].size, &sum))
            return ckpt_error_set(err, EBADMSG, "%s: the file sizes are impossible", what);
        tree |= strcmp(manifest->files[i].name, MANIFEST_TREE_IMAGE) == 0;
    }
    if (sum != bytes)
        return ckpt_error_set(err, EBADMSG, "%s: \"bytes\" is %" PRIu64 ", its files have %" PRIu64,
                              what, bytes, sum);
    if (!tree)
        return ckpt_error_set(err, EBADMSG, "%s: %s is not among the files", what,
                              MANIFEST_TREE_IMAGE);
    return 0;
}

static int read_members(json_object *document, const char *what, struct manifest *manifest,
                        struct ckpt_error *err)
{
    uint64_t generation;
    int r;

    if ((r = document_unsigned(document, "generation", what, INT_MAX, &generation, err)) < 0 ||
        (r = document_string(document, "created", what, &manifest->created, err)) < 0 ||
        (r = read_cause(document, what, manifest, err)) < 0 ||
        (r = document_seconds(document, "runSeconds", what, &manifest->run_seconds, err)) < 0 ||
        (r = document_seconds(document, "pauseSeconds", what, &manifest->pause_seconds, err)) < 0 ||
        (r = document_seconds(document, "writeSeconds", what, &manifest->write_seconds, err)) < 0 ||
        (r = read_host(document, what, &manifest->host, err)) < 0 ||
        (r = document_path(document, "workdir", what, &manifest->workdir, err)) < 0 ||
        (r = document_unsigned(document, "stdoutBytes", what, INT64_MAX, &manifest->stdout_bytes,
                               err)) < 0 ||
        (r = document_unsigned(document, "stderrBytes", what, INT64_MAX, &manifest->stderr_bytes,
                               err)) < 0 ||
        (r = read_notes(document, what, &manifest->notes, err)) < 0 ||
        (r = read_entries(document, "processes", what, read_process, manifest, err)) < 0 ||
        (r = read_entries(document, "files", what, read_file_entry, manifest, err)) < 0 ||
        (r = check_files(document, what, manifest, err)) < 0)
        return r;
    manifest->generation = (unsigned)generation;
    return 0;
}

int manifest_from_json(struct json_object *json, const char *what, struct manifest *ret,
                       struct ckpt_error *err)
{
    struct manifest manifest = {0};
    int r = read_members(json, what, &manifest, err);

    if (r < 0) {
        manifest_free(&manifest);
        return r;
    }
    *ret = manifest;
    return 0;
}

int manifest_read(struct store *store, unsigned generation, struct manifest *ret,
                  struct ckpt_error *err)
{
    cleanup_json json_object *document = NULL;
    cleanup_fd int dirfd = -1;
    struct manifest manifest;
    char what[PATH_MAX + 64];
    int r = generation_open(store, generation, &dirfd, err);

    if (r < 0)
        return r;
    if (faccessat(dirfd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        return ckpt_error_set(err, ENOENT, "generation %u of '%s' is incomplete: it has no %s",
                              generation, store->path, MANIFEST_NAME);
    snprintf(what, sizeof(what), "generation %u of '%s': %s", generation, store->path,
             MANIFEST_NAME);
    if ((r = document_read(dirfd, MANIFEST_NAME, MANIFEST_LIMIT, what, &document, err)) < 0 ||
        (r = manifest_from_json(document, what, &manifest, err)) < 0)
        return r;
    if (manifest.generation != generation) {
        r = ckpt_error_set(err, EBADMSG, "%s: \"generation\" is %u", what, manifest.generation);
        manifest_free(&manifest);
        return r;
    }
    *ret = manifest;
    return 0;
}
