/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Memory that processes share and no file on disk stands behind. A snapshot cannot freeze it, so it is copied while the
 * tree stands still: every part of an object once, however many processes map it, and without its holes, which reading
 * would fill. Root gets a descriptor of the object from /proc/PID/map_files and sees data and holes. Nobody else does;
 * then the process itself is asked which pages there are, and its memory is read. */
#include "capture/shared.h"

#include "capture/blame.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
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
#include <sys/uio.h>

#define PAGE        4096ULL
#define BUFFER_SIZE (1 << 20)

/* A part of an object that has been copied. */
struct piece {
    int object;
    uint64_t start, end;
};

struct shared_capture {
    struct tree_image *tree;
    int dirfd;
    shared_ask ask;
    void *who;
    struct piece *pieces;
    size_t piece_count;
    bool swapping; /* a page that is not in memory may be on a swap device */
    char buffer[BUFFER_SIZE];
    uint8_t resident[SHARED_ASK_PAGES];
};

/* What is being copied from where to where. */
struct source {
    const struct tree_process *process;
    int object;       /* a descriptor of it, or -1 */
    int memory;       /* /proc/PID/mem: also reads what the process itself may not */
    uint64_t address; /* of offset 0 of the object, were it mapped that far */
    int out;
    struct image_shared *image;
};

static bool is_swapping(void)
{
    struct sysinfo info;

    return sysinfo(&info) < 0 || info.freeswap < info.totalswap;
}

struct shared_capture *shared_capture_new(struct tree_image *tree, int dirfd, shared_ask ask,
                                          void *who)
{
    struct shared_capture *capture = malloc(sizeof(*capture));

    if (capture == NULL)
        return NULL;
    capture->tree = tree;
    capture->dirfd = dirfd;
    capture->ask = ask;
    capture->who = who;
    capture->pieces = NULL;
    capture->piece_count = 0;
    capture->swapping = is_swapping();
    return capture;
}

void shared_capture_free(struct shared_capture *capture)
{
    if (capture != NULL)
        free(capture->pieces);
    free(capture);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool mapping_is_shared_object(pid_t outer, const struct mapping *mapping)
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

/* ---- through the object ---- */

static int object_open(pid_t outer, const struct mapping *mapping)
{
    char path[96];

    snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)outer,
             (unsigned long long)mapping->start, (unsigned long long)mapping->end);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static bool is_zero(const char *data, size_t size)
{
    return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* The next part of an object, from the buffer. */
static int part_write(struct shared_capture *capture, const struct source *source, uint64_t offset,
                      size_t size)
{
    if (is_zero(capture->buffer, size))
        return 0;
    int error = image_shared_add_extent(source->image, offset, size);
    return error < 0 ? error : write_full(source->out, capture->buffer, size);
}

static int object_copy(struct shared_capture *capture, const struct source *source, uint64_t start,
                       uint64_t end)
{
    int from = source->object;

    for (off_t at = (off_t)start; (uint64_t)at < end;) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;                 /* a hole up to the end */
        at = data < 0 ? at : data; /* huge pages know no holes */
        if ((uint64_t)at >= end)
            break;
        uint64_t left = end - (uint64_t)at;
        off_t hole = data < 0 ? -1 : lseek(from, at, SEEK_HOLE);
        if (hole > at && (uint64_t)(hole - at) < left)
            left = (uint64_t)(hole - at);
        ssize_t got =
            pread_full(from, capture->buffer, left < BUFFER_SIZE ? left : BUFFER_SIZE, at);
        if (got <= 0)
            return got < 0 ? -errno : 0;
        int error = part_write(capture, source, (uint64_t)at, (size_t)got);
        if (error < 0)
            return error;
        at += got;
    }
    return 0;
}

/* ---- through the memory of the process ---- */

static ssize_t memory_read(const struct source *source, uint64_t address, void *to, size_t size)
{
    struct iovec local = {.iov_base = to, .iov_len = size};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    ssize_t got = process_vm_readv(source->process->task, &local, 1, &remote, 1, 0);

    if (got == (ssize_t)size)
        return got;
    return pread_full(source->memory, to, size, (off_t)address);
}

/* How much of a mapping lies within its object; reading behind its end is refused. */
static uint64_t size_within(struct shared_capture *capture, const struct source *source,
                            const struct mapping *mapping)
{
    uint64_t low = 0, high = (mapping->end - mapping->start) / PAGE;

    if (memory_read(source, mapping->end - PAGE, capture->buffer, PAGE) == (ssize_t)PAGE)
        return high * PAGE;
    while (low < high) { /* low pages are there, high + 1 are not */
        uint64_t middle = (low + high) / 2;
        if (memory_read(source, mapping->start + middle * PAGE, capture->buffer, PAGE) ==
            (ssize_t)PAGE)
            low = middle + 1;
        else
            high = middle;
    }
    return low * PAGE;
}

/* Copies neighbouring pages. */
static int pages_copy(struct shared_capture *capture, const struct source *source, uint64_t start,
                      uint64_t end)
{
    while (start < end) {
        size_t size = end - start < BUFFER_SIZE ? end - start : BUFFER_SIZE;
        if (memory_read(source, source->address + start, capture->buffer, size) != (ssize_t)size)
            return -EIO;
        int error = part_write(capture, source, start, size);
        if (error < 0)
            return error;
        start += size;
    }
    return 0;
}

static int memory_copy(struct shared_capture *capture, const struct source *source, uint64_t start,
                       uint64_t end)
{
    int error = 0;

    while (error == 0 && start < end) {
        size_t count = (end - start) / PAGE < SHARED_ASK_PAGES ? (size_t)((end - start) / PAGE)
                                                               : SHARED_ASK_PAGES;
        if (capture->swapping ||
            capture->ask(capture->who, source->process->outer, source->address + start, count,
                         capture->resident) < 0)
            memset(capture->resident, 1, count);
        for (size_t i = 0; error == 0 && i < count;) {
            size_t first = i;
            uint8_t there = capture->resident[i] & 1;
            while (i < count && (capture->resident[i] & 1) == there)
                i++;
            if (there != 0)
                error = pages_copy(capture, source, start + first * PAGE, start + i * PAGE);
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

static int part_copy(struct shared_capture *capture, const struct source *source, uint64_t start,
                     uint64_t end)
{
    int object = (int)(source->image - capture->tree->shared), error = 0;
    uint64_t until;

    while (error == 0 && gap_find(capture, object, &start, end, &until)) {
        struct piece *piece =
            array_add(&capture->pieces, &capture->piece_count, sizeof(*capture->pieces));
        if (piece == NULL)
            return -ENOMEM;
        *piece = (struct piece){.object = object, .start = start, .end = until};
        error = source->object >= 0 ? object_copy(capture, source, start, until)
                                    : memory_copy(capture, source, start, until);
        start = until;
    }
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
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)process->task);
    cleanup_fd int memory = open(path, O_RDONLY | O_CLOEXEC);
    cleanup_fd int out =
        openat(capture->dirfd, object->data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    cleanup_fd int from = object_open(process->task, mapping);
    struct source source = {.process = process,
                            .object = from,
                            .memory = memory,
                            .out = out,
                            .address = mapping->start - mapping->offset,
                            .image = object};
    if (memory < 0 || out < 0 || (from >= 0 && fstat(from, &status) < 0))
        return -errno;
    uint64_t size = from >= 0 ? (uint64_t)status.st_size
                              : mapping->offset + size_within(capture, &source, mapping);
    uint64_t end = mapping->offset + (mapping->end - mapping->start);
    if (object->size < size)
        object->size = size;
    if (from >= 0 && status.st_blksize > (blksize_t)PAGE)
        object->page_shift = (unsigned)__builtin_ctzl((unsigned long)status.st_blksize);
    else if (starts_with(mapping->name, "/anon_hugepage"))
        object->page_shift = 21;
    return part_copy(capture, &source, mapping->offset, size < end ? size : end);
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
                           error == -EIO ? "part of it cannot be read" : strerror(-error));
    }
    mappings_free(&mappings);
    return error;
}
