/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory that processes share and no file on disk stands behind. A snapshot cannot freeze it, so it is copied while the
 * tree stands still, or, where a copy was made just before, compared with that: every part of an object once, however
 * many processes map it, and without its holes, which reading would fill. Root gets a descriptor of the object from /proc/PID/map_files and sees data and holes. Nobody else does;
 * then the process itself is asked which pages there are, and its memory is read. */
#include "capture/shared.h"

#include "capture/blame.h"
#include "capture/precopy.h"
#include "capture/shared_pages.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "objects/mapped_file.h"
#include "objects/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#define PAGE SHARED_PAGE

/* A part of an object that has been copied. */
struct piece {
    int object;
    uint64_t start, end;
};

struct shared_capture {
    struct tree_image *tree;
    int dirfd;
    struct precopy *precopy;
    shared_ask ask;
    void *who;
    struct piece *pieces;
    size_t piece_count;
    struct shared_pages *pages; /* of the tree's objects, one each */
    size_t pages_count;
    struct shared_stretch *stretches;
    size_t stretch_count;
    bool swapping; /* a page that is not in memory may be on a swap device */
    uint8_t resident[SHARED_ASK_PAGES];
};

static bool is_swapping(void)
{
    struct sysinfo info;

    return sysinfo(&info) < 0 || info.freeswap < info.totalswap;
}

struct shared_capture *shared_capture_new(struct tree_image *tree, int dirfd,
                                          struct precopy *precopy, shared_ask ask, void *who)
{
    struct shared_capture *capture = calloc(1, sizeof(*capture));

    if (capture == NULL)
        return NULL;
    capture->tree = tree;
    capture->dirfd = dirfd;
    capture->precopy = precopy;
    capture->ask = ask;
    capture->who = who;
    capture->swapping = is_swapping();
    return capture;
}

void shared_capture_free(struct shared_capture *capture)
{
    if (capture == NULL)
        return;
    for (size_t i = 0; i < capture->pages_count; i++)
        shared_pages_free(&capture->pages[i]);
    free(capture->pages);
    free(capture->stretches);
    free(capture->pieces);
    free(capture);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whether the mapping is of memory without a file on disk. */
static bool mapping_is_shared_object(pid_t outer, const struct mapping *mapping)
{
    struct stat status;

    if (mapping->device == IMAGE_SEGMENT_DEVICE)
        return true;
    if (!mapping->shared || mapping->inode == 0)
        return false;
    if (starts_with(mapping->name, "[anon_shmem:"))
        return true;
    return mapping->name[0] == '/' && !mapping_file_is_there(outer, mapping, &status) &&
           (mapping->deleted || starts_with(mapping->name, "/memfd:") ||
            starts_with(mapping->name, "/dev/zero"));
}

/* ---- what there is to copy ---- */

static int stretch_add(struct shared_capture *capture, uint64_t start, uint64_t end)
{
    struct shared_stretch *last =
        capture->stretch_count > 0 ? &capture->stretches[capture->stretch_count - 1] : NULL;

    start /= PAGE;
    end = (end + PAGE - 1) / PAGE;
    if (last != NULL && last->end >= start) {
        last->end = end;
        return 0;
    }
    last = array_add(&capture->stretches, &capture->stretch_count, sizeof(*last));
    if (last == NULL)
        return -ENOMEM;
    *last = (struct shared_stretch){.start = start, .end = end};
    return 0;
}

static int object_open(pid_t outer, const struct mapping *mapping)
{
    char path[96];

    snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)outer,
             (unsigned long long)mapping->start, (unsigned long long)mapping->end);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Of the object, as it shows itself. */
static int data_find(struct shared_capture *capture, int object, uint64_t start, uint64_t end)
{
    int error = 0;

    for (off_t at = (off_t)start; error == 0 && (uint64_t)at < end;) {
        off_t data = lseek(object, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        if (data < 0)
            return stretch_add(capture, (uint64_t)at, end); /* huge pages know no holes */
        off_t hole = lseek(object, data, SEEK_HOLE);
        if (hole < 0 || (uint64_t)hole > end)
            hole = (off_t)end;
        if ((uint64_t)data < end)
            error = stretch_add(capture, (uint64_t)data, (uint64_t)hole);
        at = hole > data ? hole : (off_t)end;
    }
    return error;
}

/* How much of a mapping lies within its object; reading behind its end is refused. */
static uint64_t size_within(const struct shared_source *source, const struct mapping *mapping)
{
    uint64_t low = 0, high = (mapping->end - mapping->start) / PAGE;
    char page[PAGE];

    if (shared_source_read(source, mapping->offset + (high - 1) * PAGE, page, PAGE) ==
        (ssize_t)PAGE)
        return high * PAGE;
    while (low < high) { /* low pages are there, high + 1 are not */
        uint64_t middle = (low + high) / 2;
        if (shared_source_read(source, mapping->offset + middle * PAGE, page, PAGE) ==
            (ssize_t)PAGE)
            low = middle + 1;
        else
            high = middle;
    }
    return low * PAGE;
}

/* Of the object, as the parked process knows it. */
static int pages_find(struct shared_capture *capture, const struct tree_process *process,
                      uint64_t address, uint64_t start, uint64_t end)
{
    int error = 0;

    while (error == 0 && start < end) {
        uint64_t left = (end - start) / PAGE;
        size_t count = left < SHARED_ASK_PAGES ? (size_t)left : SHARED_ASK_PAGES;
        if (capture->swapping || capture->ask(capture->who, process->outer, address + start, count,
                                              capture->resident) < 0)
            memset(capture->resident, 1, count);
        for (size_t i = 0; error == 0 && i < count;) {
            size_t first = i;
            uint8_t there = capture->resident[i] & 1;
            while (i < count && (capture->resident[i] & 1) == there)
                i++;
            if (there != 0)
                error = stretch_add(capture, start + first * PAGE, start + i * PAGE);
        }
        start += count * PAGE;
    }
    return error;
}

/* ---- objects ---- */

static struct image_shared *object_add(struct shared_capture *capture,
                                       const struct mapping *mapping)
{
    struct image_shared *object = tree_image_add_shared(capture->tree);

    if (object == NULL)
        return NULL;
    object->device = mapping->device;
    object->inode = mapping->inode;
    snprintf(object->data, sizeof(object->data), "shared-%zu.data", capture->tree->shared_count);
    return object;
}

/* Whether a descriptor of it, or the segment that it is, has been saved, and with that its content. */
static bool is_saved(const struct tree_image *tree, const struct image_shared *object)
{
    if (tree_image_segment(tree, object) != NULL)
        return true;
    for (size_t i = 0; i < tree->description_count; i++) {
        if (shared_memory_is_open_as(object, &tree->descriptions[i]))
            return true;
    }
    return false;
}

/* The first part of [*start, end) that has not been copied becomes [*start, *ret_end). */
static bool gap_find(const struct shared_capture *capture, int object, uint64_t *start,
                     uint64_t end, uint64_t *ret_end)
{
    *ret_end = end;
    for (size_t i = 0; i < capture->piece_count && *start < end; i++) {
        const struct piece *piece = &capture->pieces[i];
        if (piece->object == object && piece->start <= *start && piece->end > *start) {
            *start = piece->end;
            i = (size_t)-1; /* another may go on from there */
        }
    }
    for (size_t i = 0; i < capture->piece_count; i++) {
        const struct piece *piece = &capture->pieces[i];
        if (piece->object == object && piece->start > *start && piece->start < *ret_end)
            *ret_end = piece->start;
    }
    return *start < end;
}

/* Those of the object; what was copied beforehand becomes a file of the generation. */
static struct shared_pages *pages_of(struct shared_capture *capture, size_t index)
{
    while (capture->pages_count <= index) {
        const struct image_shared *object = &capture->tree->shared[capture->pages_count];
        struct shared_pages *pages =
            array_add(&capture->pages, &capture->pages_count, sizeof(*pages));
        if (pages == NULL)
            return NULL;
        pages->out = -1;
        precopy_take(capture->precopy, object, capture->dirfd, pages);
    }
    return &capture->pages[index];
}

static int part_copy(struct shared_capture *capture, const struct shared_source *source,
                     const struct tree_process *process, struct image_shared *object,
                     struct shared_pages *pages, uint64_t start, uint64_t end)
{
    int index = (int)(object - capture->tree->shared), error = 0;
    uint64_t until;

    capture->stretch_count = 0;
    while (error == 0 && gap_find(capture, index, &start, end, &until)) {
        struct piece *piece =
            array_add(&capture->pieces, &capture->piece_count, sizeof(*capture->pieces));
        if (piece == NULL)
            return -ENOMEM;
        *piece = (struct piece){.object = index, .start = start, .end = until};
        error = source->object >= 0 ? data_find(capture, source->object, start, until)
                                    : pages_find(capture, process, source->address, start, until);
        start = until;
    }
    if (error == 0)
        error = shared_pages_copy(pages, source, capture->stretches, capture->stretch_count, false,
                                  NULL);
    if (error == 0)
        error = shared_pages_list(pages, capture->stretches, capture->stretch_count, object);
    return error;
}

static int mapping_copy(struct shared_capture *capture, const struct tree_process *process,
                        const struct mapping *mapping)
{
    int index = tree_image_shared_index(capture->tree, mapping->device, mapping->inode);
    struct image_shared *object =
        index >= 0 ? &capture->tree->shared[index] : object_add(capture, mapping);
    struct stat status;
    char path[64];

    if (object == NULL)
        return -ENOMEM;
    if (is_saved(capture->tree, object))
        return 0;
    struct shared_pages *pages = pages_of(capture, (size_t)(object - capture->tree->shared));
    if (pages == NULL)
        return -ENOMEM;
    if (pages->out < 0)
        pages->out = openat(capture->dirfd, object->data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)process->task);
    cleanup_fd int memory = open(path, O_RDONLY | O_CLOEXEC);
    cleanup_fd int from = object_open(process->task, mapping);
    struct shared_source source = {.task = process->task,
                                   .object = from,
                                   .memory = memory,
                                   .address = mapping->start - mapping->offset};
    if (memory < 0 || pages->out < 0 || (from >= 0 && fstat(from, &status) < 0))
        return -errno;
    uint64_t size =
        from >= 0 ? (uint64_t)status.st_size : mapping->offset + size_within(&source, mapping);
    uint64_t end = mapping->offset + (mapping->end - mapping->start);
    if (object->size < size)
        object->size = size;
    if (from >= 0 && status.st_blksize > (blksize_t)PAGE)
        object->page_shift = (unsigned)__builtin_ctzl((unsigned long)status.st_blksize);
    else if (starts_with(mapping->name, "/anon_hugepage"))
        object->page_shift = 21;
    return part_copy(capture, &source, process, object, pages, mapping->offset,
                     size < end ? size : end);
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

int shared_capture_process(struct shared_capture *capture, const struct tree_process *process,
                           struct ckpt_error *err)
{
    struct mappings mappings = {0};
    int error = mappings_read(process->task, &mappings, err);

    if (error == 0)
        error = devices_refuse(process, &mappings, err);
    for (size_t i = 0; error == 0 && i < mappings.count; i++) {
        const struct mapping *mapping = &mappings.list[i];
        error = written_note(capture->tree, mapping);
        if (error == 0)
            error = mapped_file_save(process->task, mapping, capture->tree, capture->dirfd, err);
        if (error < 0 || mapped_file_path(capture->tree, mapping) != NULL ||
            !mapping_is_shared_object(process->task, mapping))
            continue;
        error = mapping_copy(capture, process, mapping);
        if (error < 0)
            ckpt_error_set(err, -error, "copy '%s', shared memory of process %d (%s): %s",
                           mapping->name, (int)process->inner, process->name,
                           error == -EFAULT ? "part of it cannot be read" : strerror(-error));
    }
    mappings_free(&mappings);
    return error;
}
