/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory of one process. A page is stored when the process has written it (anonymous, present or swapped out): the
 * rest comes from the mapped file or is zero. Pages of files that are no longer what was mapped are all stored. */
#include "capture/memory.h"

#include "capture/blame.h"
#include "capture/mappings.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "image/process.h"
#include "objects/mapped_file.h"
#include "objects/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE            4096ULL
#define BATCH_PAGES     256
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAPPED (1ULL << 62)
#define PAGEMAP_FILE    (1ULL << 61)

/* What the writing of one process's pages needs. */
struct writer {
    pid_t snapshot;
    int mem_fd, pagemap_fd, out_fd;
    struct process_image image;
    char pages[BATCH_PAGES * PAGE];
    uint64_t pagemap[BATCH_PAGES];
};

static int proc_open(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static bool page_is_zero(const char *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whether the mapped file still stands at its path, as the process sees it: in a capsule other directories may stand
 * there than outside. Device numbers are not compared: some filesystems show others in maps than in stat. */
static bool file_is_there(pid_t outer, const struct mapping *mapping, struct stat *ret)
{
    char path[PATH_MAX];

    if (mapping->name[0] != '/' || mapping->deleted ||
        snprintf(path, sizeof(path), "/proc/%d/root%s", (int)outer, mapping->name) >=
            (int)sizeof(path))
        return false;
    return stat(path, ret) == 0 && S_ISREG(ret->st_mode) && ret->st_ino == mapping->inode;
}

static bool is_shared_object(pid_t outer, const struct mapping *mapping)
{
    struct stat status;

    return mapping->shared && mapping->inode != 0 && mapping->name[0] == '/' &&
           !file_is_there(outer, mapping, &status) &&
           (mapping->deleted || starts_with(mapping->name, "/memfd:") ||
            starts_with(mapping->name, "/SYSV") || starts_with(mapping->name, "/dev/zero"));
}

static int shared_vma_fill(struct writer *writer, const struct mapping *mapping,
                           const struct tree_image *tree, struct image_vma *vma,
                           struct ckpt_error *err)
{
    struct stat status;

    const char *carried = mapped_file_path(tree, mapping);
    if (carried != NULL || file_is_there(writer->snapshot, mapping, &status)) {
        vma->kind = VMA_FILE_SHARED;
        return process_image_add_string(&writer->image, carried != NULL ? carried : mapping->name,
                                        &vma->path);
    }
    int index = tree_image_shared_index(tree, mapping->device, mapping->inode);
    if (index < 0)
        return ckpt_error_set(err, ENOTSUP, "a mapping of '%s' cannot be carried", mapping->name);
    vma->kind = VMA_SHARED;
    vma->object = (uint32_t)index;
    return 0;
}

/* Describes the mapping; *ret_whole says whether all of its pages have to be stored. */
static int vma_add(struct writer *writer, const struct mapping *mapping,
                   const struct tree_image *tree, bool *ret_whole, struct ckpt_error *err)
{
    struct image_vma *vma = process_image_add_vma(&writer->image);
    struct stat status;

    if (vma == NULL)
        return -ENOMEM;
    vma->start = mapping->start;
    vma->end = mapping->end;
    vma->offset = mapping->offset;
    vma->protection = (uint32_t)mapping->protection;
    vma->flags = (mapping->huge_pages ? VMA_HUGE_PAGES : 0) |
                 (mapping->no_huge_pages ? VMA_NO_HUGE_PAGES : 0);
    *ret_whole = false;
    if (strcmp(mapping->name, "[vdso]") == 0) {
        vma->kind = VMA_VDSO;
    } else if (starts_with(mapping->name, "[vvar")) {
        vma->kind = VMA_VVAR;
    } else if (mapping->shared) {
        return shared_vma_fill(writer, mapping, tree, vma, err);
    } else if (file_is_there(writer->snapshot, mapping, &status)) {
        vma->kind = VMA_FILE_PRIVATE;
        vma->file_size = (uint64_t)status.st_size;
        vma->file_mtime_ns =
            (uint64_t)status.st_mtim.tv_sec * 1000000000ULL + (uint64_t)status.st_mtim.tv_nsec;
        return process_image_add_string(&writer->image, mapping->name, &vma->path);
    } else {
        vma->kind = VMA_ANONYMOUS;
        vma->offset = 0;
        *ret_whole = mapping->name[0] == '/';
        if (mapping->grows_down)
            vma->flags |= VMA_GROWS_DOWN;
    }
    return 0;
}

static bool page_is_wanted(uint64_t entry, bool whole)
{
    return whole ||
           ((entry & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)) != 0 && (entry & PAGEMAP_FILE) == 0);
}

/* Stores count neighbouring pages; zero ones of anonymous memory need not be stored. */
static int pages_store(struct writer *writer, uint64_t address, size_t count, bool skip_zero)
{
    ssize_t got = pread_full(writer->mem_fd, writer->pages, count * PAGE, (off_t)address);
    size_t readable =
        got > 0 ? (size_t)got / PAGE : 0; /* behind the end of a file there is nothing */

    for (size_t i = 0; i < readable;) {
        size_t start = i;
        while (i < readable && !(skip_zero && page_is_zero(writer->pages + i * PAGE)))
            i++;
        if (i > start) {
            if (write_full(writer->out_fd, writer->pages + start * PAGE, (i - start) * PAGE) < 0)
                return -errno;
            if (process_image_add_run(&writer->image, address + start * PAGE,
                                      writer->image.page_count, i - start) < 0)
                return -ENOMEM;
            writer->image.page_count += i - start;
        }
        while (i < readable && skip_zero && page_is_zero(writer->pages + i * PAGE))
            i++;
    }
    return 0;
}

static int batch_store(struct writer *writer, uint64_t address, size_t count, bool whole,
                       bool skip_zero)
{
    if (!whole && pread_full(writer->pagemap_fd, writer->pagemap, count * sizeof(uint64_t),
                             (off_t)(address / PAGE * sizeof(uint64_t))) < 0)
        return -errno;
    for (size_t i = 0; i < count;) {
        size_t start = i;
        while (i < count && page_is_wanted(writer->pagemap[i], whole))
            i++;
        int error =
            i == start ? 0 : pages_store(writer, address + start * PAGE, i - start, skip_zero);
        if (error < 0)
            return error;
        while (i < count && !page_is_wanted(writer->pagemap[i], whole))
            i++;
    }
    return 0;
}

static int mapping_store(struct writer *writer, const struct mapping *mapping,
                         const struct tree_image *tree, struct ckpt_error *err)
{
    bool whole;
    int error;

    if (strcmp(mapping->name, "[vsyscall]") == 0)
        return 0;
    error = vma_add(writer, mapping, tree, &whole, err);
    if (error < 0)
        return error;
    uint32_t kind = writer->image.vmas[writer->image.vma_count - 1].kind;
    if (kind != VMA_ANONYMOUS && kind != VMA_FILE_PRIVATE)
        return 0;
    for (uint64_t at = mapping->start; at < mapping->end;) {
        uint64_t left = (mapping->end - at) / PAGE;
        size_t count = left < BATCH_PAGES ? (size_t)left : BATCH_PAGES;
        error = batch_store(writer, at, count, whole, kind == VMA_ANONYMOUS);
        if (error < 0)
            return ckpt_error_set(err, -error, "write the memory of a process: %s",
                                  strerror(-error));
        at += count * PAGE;
    }
    return 0;
}

static int writer_open(struct writer *writer, pid_t snapshot, pid_t inner, int dirfd,
                       struct ckpt_error *err)
{
    char name[32];

    process_image_name(inner, "mem", name);
    writer->snapshot = snapshot;
    writer->mem_fd = proc_open(snapshot, "mem");
    writer->pagemap_fd = proc_open(snapshot, "pagemap");
    writer->out_fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (writer->mem_fd < 0 || writer->pagemap_fd < 0)
        return ckpt_error_errno(err, "read the memory of process %d", (int)inner);
    if (writer->out_fd < 0)
        return ckpt_error_errno(err, "create '%s'", name);
    return 0;
}

static void writer_free(struct writer *writer)
{
    for (size_t i = 0; i < 3; i++) {
        int fd = i == 0 ? writer->mem_fd : i == 1 ? writer->pagemap_fd : writer->out_fd;
        if (fd >= 0)
            close(fd);
    }
    process_image_free(&writer->image);
    free(writer);
}

int capture_memory(pid_t snapshot, pid_t inner, const struct tree_image *tree, int dirfd,
                   struct ckpt_error *err)
{
    struct mappings mappings = {0};
    struct writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory to write process %d", (int)inner);
    writer->mem_fd = writer->pagemap_fd = writer->out_fd = -1;
    int error = writer_open(writer, snapshot, inner, dirfd, err);
    if (error == 0)
        error = mappings_read_with_flags(snapshot, &mappings, err);
    for (size_t i = 0; error == 0 && i < mappings.count; i++)
        error = mapping_store(writer, &mappings.list[i], tree, err);
    if (error == 0)
        error = process_image_write(&writer->image, dirfd, inner, err);
    mappings_free(&mappings);
    writer_free(writer);
    return error;
}

/* ---- memory shared between processes ---- */

static int object_extend(pid_t outer, struct tree_image *tree, const struct mapping *mapping,
                         int dirfd)
{
    int index = tree_image_shared_index(tree, mapping->device, mapping->inode);
    struct image_shared *object = index >= 0 ? &tree->shared[index] : NULL;
    cleanup_free char *page = malloc(PAGE);
    cleanup_fd int mem = proc_open(outer, "mem");

    if (object == NULL) {
        object = tree_image_add_shared(tree);
        if (object == NULL)
            return -ENOMEM;
        object->device = mapping->device;
        object->inode = mapping->inode;
        snprintf(object->data, sizeof(object->data), "shared-%zu.data", tree->shared_count);
    }
    for (size_t i = 0; i < tree->description_count; i++) {
        if (shared_memory_is_open_as(object, &tree->descriptions[i]))
            return 0;
    }
    cleanup_fd int out = openat(dirfd, object->data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (page == NULL || mem < 0 || out < 0)
        return -errno;
    for (uint64_t at = mapping->start; at < mapping->end; at += PAGE) {
        uint64_t offset = mapping->offset + (at - mapping->start);
        if (pread_full(mem, page, PAGE, (off_t)at) != (ssize_t)PAGE)
            break; /* behind the end of the object */
        if (!page_is_zero(page) && pwrite_full(out, page, PAGE, (off_t)offset) < 0)
            return -errno;
        if (offset + PAGE > object->size)
            object->size = offset + PAGE;
    }
    return ftruncate(out, (off_t)object->size) < 0 ? -errno : 0;
}

static int written_note(struct tree_image *tree, const struct mapping *mapping)
{
    uint64_t *inode;

    if (!mapping->shared || (mapping->protection & PROT_WRITE) == 0 || mapping->name[0] != '/')
        return 0;
    inode = array_add(&tree->written, &tree->written_count, sizeof(*inode));
    if (inode == NULL)
        return -ENOMEM;
    *inode = mapping->inode;
    return 0;
}

/* A device's memory is neither in the snapshot nor to be had again. */
static int devices_refuse(const struct tree_process *process, const struct mappings *mappings,
                          struct ckpt_error *err)
{
    for (size_t i = 0; i < mappings->count; i++) {
        const char *what = mapping_blame(mappings->list[i].name);
        if (what != NULL)
            return ckpt_error_set(err, ENOTSUP,
                                  "process %d (%s) has '%s' mapped: %s, which cannot be carried",
                                  (int)process->inner, process->name, mappings->list[i].name, what);
    }
    return 0;
}

int capture_shared(const struct tree_process *process, struct tree_image *tree, int dirfd,
                   struct ckpt_error *err)
{
    pid_t outer = process->task;
    struct mappings mappings = {0};
    int error = mappings_read(outer, &mappings, err);

    if (error == 0)
        error = devices_refuse(process, &mappings, err);
    for (size_t i = 0; error == 0 && i < mappings.count; i++) {
        error = written_note(tree, &mappings.list[i]);
        if (error == 0)
            error = mapped_file_save(outer, &mappings.list[i], tree, dirfd, err);
        if (error < 0 || mapped_file_path(tree, &mappings.list[i]) != NULL ||
            !is_shared_object(outer, &mappings.list[i]))
            continue;
        error = object_extend(outer, tree, &mappings.list[i], dirfd);
        if (error < 0)
            ckpt_error_set(err, -error, "copy shared memory of process %d: %s", (int)outer,
                           strerror(-error));
    }
    mappings_free(&mappings);
    return error;
}
