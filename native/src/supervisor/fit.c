/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The host against an image, before anything is touched. Only what is sure counts: a restart that is refused here costs the
 * work that is in the image. So memory is what the pages in the image take, not what their processes had mapped, and free is
 * all that the kernel can make free. Called by a restart and by `ckpt check DIR`. */
#include "supervisor/fit.h"

#include "arch/x86_64/cpu.h"
#include "capture/vdso.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/io.h"
#include "files/inputs.h"
#include "files/rollback.h"
#include "image/process.h"
#include "image/tree.h"
#include "proc/mappings.h"
#include "restore/restore.h"
#include "store/generation.h"
#include "supervisor/memory_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MIB (1024ULL * 1024)

__attribute__((format(printf, 4, 5))) static void
item_add(struct hostcheck *table, const char *name, bool ok, const char *format, ...)
{
    va_list arguments;

    if (table->count >= HOSTCHECK_MAX)
        return;
    struct hostcheck_item *item = &table->items[table->count++];
    *item = (struct hostcheck_item){.name = name, .required = true, .ok = ok};
    table->usable &= ok;
    va_start(arguments, format);
    vsnprintf(item->detail, sizeof(item->detail), format, arguments);
    va_end(arguments);
}

/* Programs choose code by what the processor can do when they start, and keep to their choice. */
static void processor_look(const struct manifest_host *host, struct hostcheck *table)
{
    char here[CPU_FEATURES_SIZE], missing[150];
    struct utsname names;

    if (uname(&names) == 0 && strcmp(names.machine, host->machine) != 0) {
        item_add(table, "image-processor", false,
                 "it was taken on '%s', which is a %s, and this is a %s", host->name, host->machine,
                 names.machine);
        return;
    }
    cpu_features_read(here);
    bool ok =
        host->cpu == NULL || cpu_features_missing(host->cpu, here, missing, sizeof(missing)) == 0;
    if (ok)
        item_add(table, "image-processor", true, "has what that of '%s' has", host->name);
    else
        item_add(table, "image-processor", false,
                 "it was taken on '%s', whose processor has what this one lacks: %s", host->name,
                 missing);
}

static void pages_look(const struct manifest_host *host, struct hostcheck *table)
{
    long here = sysconf(_SC_PAGESIZE);

    item_add(table, "image-pages", here == (long)host->page_size,
             here == (long)host->page_size ? "of %u bytes" : "they have %u bytes, here %ld",
             host->page_size, here);
}

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);

    return length > tail && strcmp(name + length - tail, end) == 0;
}

/* What the tree will have in memory, in bytes. */
static uint64_t memory_needed(const struct manifest *manifest)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < manifest->file_count; i++) {
        if (ends_in(manifest->files[i].name, ".mem"))
            bytes += manifest->files[i].size;
    }
    return bytes;
}

/* In bytes; what the kernel says in kB. */
static uint64_t meminfo_number(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found != NULL ? strtoull(found + strlen(name), NULL, 10) * 1024 : 0;
}

static uint64_t memory_free(void)
{
    char text[4096] = "";
    cleanup_fd int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    struct memory_watch group;
    uint64_t bytes = UINT64_MAX;

    if (fd >= 0 && read_full(fd, text, sizeof(text) - 1) > 0 && strstr(text, "MemAvailable:"))
        bytes = meminfo_number(text, "MemAvailable:") + meminfo_number(text, "SwapFree:");
    memory_watch_open(&group);
    memory_watch_find_limit(&group);
    if (group.usage >= 0) {
        struct memory_look look = memory_watch_look(&group, 100, clock_monotonic_ms(), 0);
        uint64_t room = group.limit > look.used ? group.limit - look.used : 0;
        bytes = room < bytes ? room : bytes;
    }
    memory_watch_close(&group);
    return bytes;
}

static void memory_look_at(const struct manifest *manifest, struct hostcheck *table)
{
    uint64_t needed = memory_needed(manifest), available = memory_free();

    item_add(table, "image-memory", needed <= available,
             needed <= available ? "it needs %llu MiB of memory, which are free"
                                 : "it needs %llu MiB of memory, of which %llu MiB are free here",
             (unsigned long long)((needed + MIB - 1) / MIB), (unsigned long long)(available / MIB));
}

/* Of one process, in bytes; 0: it has none, or its image cannot be read, which is told when it is verified. */
static uint64_t addresses_of(int dirfd, pid_t pid, size_t lock_count, const struct mappings *own)
{
    struct process_image image;

    if (process_image_read(&image, dirfd, pid, NULL) < 0)
        return 0;
    uint64_t bytes = restore_addresses(&image, lock_count, own);
    process_image_free(&image);
    return bytes;
}

/* The process that takes most, with how much, or NULL if it cannot be told. */
static const struct manifest_process *largest_find(int dirfd, const struct manifest *manifest,
                                                   uint64_t *ret_bytes)
{
    const struct manifest_process *largest = NULL;
    struct mappings own = {0};
    struct tree_image tree = {0};
    bool known =
        mappings_read(getpid(), &own, NULL) == 0 && tree_image_read(&tree, dirfd, NULL) == 0;

    *ret_bytes = 0;
    for (size_t i = 0; known && i < manifest->process_count; i++) {
        uint64_t bytes = addresses_of(dirfd, manifest->processes[i].pid, tree.lock_count, &own);
        if (bytes <= *ret_bytes)
            continue;
        *ret_bytes = bytes;
        largest = &manifest->processes[i];
    }
    tree_image_free(&tree);
    mappings_free(&own);
    return largest;
}

/* No process can have more than the hard limit, whatever it is used for: not even for as long as it takes to set the
 * limits that are its own. */
static void addresses_look(struct store *store, const struct manifest *manifest,
                           struct hostcheck *table)
{
    struct rlimit limit;
    uint64_t most;
    cleanup_fd int dir = -1;

    if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_max == RLIM_INFINITY ||
        generation_open(store, manifest->generation, &dir, NULL) < 0)
        return;
    const struct manifest_process *largest = largest_find(dir, manifest, &most);
    if (largest != NULL)
        item_add(table, "image-addresses", most <= limit.rlim_max,
                 "ulimit -v is %llu MiB, %s the %llu MiB of addresses that process %d (%s) takes",
                 (unsigned long long)(limit.rlim_max / MIB),
                 most <= limit.rlim_max ? "room for" : "below",
                 (unsigned long long)((most + MIB - 1) / MIB), (int)largest->pid, largest->name);
}

static void disk_look(const struct manifest *manifest, const char *place, struct hostcheck *table)
{
    uint64_t needed = 0, available;
    struct statvfs disk;

    for (size_t i = 0; i < manifest->file_count; i++) {
        if (strncmp(manifest->files[i].name, "content-", 8) == 0)
            needed += manifest->files[i].size;
    }
    if (place == NULL || statvfs(place, &disk) < 0)
        return;
    available = (uint64_t)disk.f_bavail * disk.f_frsize;
    item_add(table, "image-disk", needed <= available,
             "its files need %llu MiB, '%.100s' has %llu MiB free",
             (unsigned long long)((needed + MIB - 1) / MIB), place,
             (unsigned long long)(available / MIB));
}

/* Each process gets its number back. */
static void numbers_look(const struct manifest *manifest, struct hostcheck *table)
{
    char text[32] = "";
    cleanup_fd int fd = open("/proc/sys/kernel/pid_max", O_RDONLY | O_CLOEXEC);
    long most = 0, here;

    if (fd < 0 || read_full(fd, text, sizeof(text) - 1) <= 0)
        return;
    here = strtol(text, NULL, 10);
    for (size_t i = 0; i < manifest->process_count; i++)
        most = manifest->processes[i].pid > most ? manifest->processes[i].pid : most;
    item_add(table, "image-ids", most < here,
             "its processes have numbers up to %ld, kernel.pid_max is %ld", most, here);
}

/* A difference is no obstacle. */
static void vdso_look(const struct manifest_host *host, struct hostcheck *table)
{
    bool same = host->vdso == vdso_checksum();

    item_add(table, "image-vdso", true,
             same ? "the same as under kernel %s"
                  : "another than under kernel %s; calls into it are led to this kernel's",
             host->kernel);
}

void fit_look(struct store *store, const struct manifest *manifest, const char *place,
              struct hostcheck *table)
{
    processor_look(&manifest->host, table);
    pages_look(&manifest->host, table);
    vdso_look(&manifest->host, table);
    numbers_look(manifest, table);
    memory_look_at(manifest, table);
    addresses_look(store, manifest, table);
    disk_look(manifest, place, table);
}

void fit_look_at_inputs(struct store *store, const struct manifest *manifest,
                        struct hostcheck *table)
{
    struct ckpt_error err;
    struct catalog catalog;
    cleanup_fd int dir = -1;
    int error = generation_open(store, manifest->generation, &dir, &err);

    if (error == 0)
        error = catalog_read(&catalog, dir, &err);
    if (error == 0) {
        error = inputs_check(&catalog, manifest->workdir, &err);
        catalog_free(&catalog);
    }
    item_add(table, "image-inputs", error == 0, "%s", error == 0 ? "unchanged" : err.message);
}

int fit_check(struct store *store, const struct manifest *manifest, const char *place,
              struct ckpt_error *err)
{
    struct hostcheck table = {.usable = true};

    fit_look(store, manifest, place, &table);
    for (size_t i = 0; i < table.count; i++) {
        if (!table.items[i].ok)
            return ckpt_error_set(err, ENOTSUP, "%s", table.items[i].detail);
    }
    return 0;
}
