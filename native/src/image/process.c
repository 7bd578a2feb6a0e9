/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Reading, writing and growing process images. Everything read is checked so that the restorer, which runs without a
 * safety net, can believe it. */
#include "image/process.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define PAGE             4096ULL
#define PKEYS            16
#define IMAGE_SIZE_LIMIT (1ULL << 30)

void process_image_free(struct process_image *image)
{
    free(image->vmas);
    free(image->runs);
    free(image->guards);
    free(image->strings);
    memset(image, 0, sizeof(*image));
}

struct image_vma *process_image_add_vma(struct process_image *image)
{
    return array_add(&image->vmas, &image->vma_count, sizeof(*image->vmas));
}

int process_image_add_run(struct process_image *image, uint64_t address, uint64_t page,
                          uint64_t count)
{
    struct image_run *last = image->run_count > 0 ? &image->runs[image->run_count - 1] : NULL;

    bool opens_vma = image->vma_count > 0 && image->vmas[image->vma_count - 1].start == address;
    if (!opens_vma && last != NULL && last->address + last->count * PAGE == address &&
        last->page + last->count == page) {
        last->count += count;
        return 0;
    }
    last = array_add(&image->runs, &image->run_count, sizeof(*image->runs));
    if (last == NULL)
        return -ENOMEM;
    *last = (struct image_run){.address = address, .page = page, .count = count};
    return 0;
}

int process_image_add_guard(struct process_image *image, uint64_t address, uint64_t count)
{
    struct image_guard *last =
        image->guard_count > 0 ? &image->guards[image->guard_count - 1] : NULL;

    bool opens_vma = image->vma_count > 0 && image->vmas[image->vma_count - 1].start == address;
    if (!opens_vma && last != NULL && last->address + last->count * PAGE == address) {
        last->count += count;
        return 0;
    }
    last = array_add(&image->guards, &image->guard_count, sizeof(*image->guards));
    if (last == NULL)
        return -ENOMEM;
    *last = (struct image_guard){.address = address, .count = count};
    return 0;
}

int process_image_add_string(struct process_image *image, const char *text, uint32_t *ret_offset)
{
    size_t at = image->strings_size == 0 ? 1 : image->strings_size;
    size_t length = strlen(text) + 1;

    /* Neighbouring VMAs are mostly of one file. */
    for (size_t i = 1; i < image->strings_size; i += strlen(image->strings + i) + 1) {
        if (strcmp(image->strings + i, text) == 0) {
            *ret_offset = (uint32_t)i;
            return 0;
        }
    }
    char *grown = realloc(image->strings, at + length);
    if (grown == NULL)
        return -ENOMEM;
    grown[0] = 0;
    memcpy(grown + at, text, length);
    image->strings = grown;
    image->strings_size = at + length;
    *ret_offset = (uint32_t)at;
    return 0;
}

void process_image_name(pid_t pid, const char *suffix, char ret_name[32])
{
    snprintf(ret_name, 32, "%d.%s", (int)pid, suffix);
}

int process_image_write(const struct process_image *image, int dirfd, pid_t pid,
                        struct ckpt_error *err)
{
    char name[32];
    struct image_header header = {
        .version = IMAGE_VERSION,
        .vma_count = (uint32_t)image->vma_count,
        .run_count = image->run_count,
        .strings_size = image->strings_size,
        .page_count = image->page_count,
        .guard_count = image->guard_count,
    };

    memcpy(header.magic, IMAGE_MAGIC, sizeof(header.magic));
    process_image_name(pid, "img", name);
    cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ckpt_error_errno(err, "create '%s'", name);
    if (write_full(fd, &header, sizeof(header)) < 0 ||
        write_full(fd, image->vmas, image->vma_count * sizeof(*image->vmas)) < 0 ||
        write_full(fd, image->runs, image->run_count * sizeof(*image->runs)) < 0 ||
        write_full(fd, image->guards, image->guard_count * sizeof(*image->guards)) < 0 ||
        write_full(fd, image->strings, image->strings_size) < 0)
        return ckpt_error_errno(err, "write '%s'", name);
    return 0;
}

static bool range_is_good(uint64_t start, uint64_t end)
{
    return start % PAGE == 0 && end % PAGE == 0 && start >= PAGE && start < end &&
           end <= IMAGE_ADDRESS_LIMIT;
}

/* x86 has pages of 2 MiB and 1 GiB. */
static bool huge_is_good(const struct image_vma *vma)
{
    uint64_t size = 1ULL << (vma->page_shift & 63);

    if ((vma->flags & VMA_HUGETLB) == 0)
        return vma->page_shift == 0;
    return (vma->page_shift == 21 || vma->page_shift == 30) && vma->start % size == 0 &&
           vma->end % size == 0;
}

static bool vmas_are_good(const struct process_image *image)
{
    uint64_t behind = 0;

    for (size_t i = 0; i < image->vma_count; i++) {
        const struct image_vma *vma = &image->vmas[i];
        bool has_path = vma->kind == VMA_FILE_PRIVATE || vma->kind == VMA_FILE_SHARED;
        if (!range_is_good(vma->start, vma->end) || vma->start < behind || vma->kind >= VMA_KINDS)
            return false;
        if (has_path ? vma->path == 0 || vma->path >= image->strings_size : vma->path != 0)
            return false;
        if (vma->offset % PAGE != 0 || vma->protection > 7 || vma->flags > VMA_FLAGS ||
            (vma->flags & VMA_USERFAULT) != 0 || !huge_is_good(vma) || vma->pkey >= PKEYS)
            return false;
        behind = vma->end;
    }
    return true;
}

static bool has_pages(uint32_t kind)
{
    return kind == VMA_ANONYMOUS || kind == VMA_FILE_PRIVATE || kind == VMA_VDSO;
}

static bool runs_are_good(const struct process_image *image)
{
    size_t at = 0;
    uint64_t behind = 0, next_page = 0;

    for (size_t i = 0; i < image->run_count; i++) {
        const struct image_run *run = &image->runs[i];
        if (run->count == 0 || run->count > IMAGE_ADDRESS_LIMIT / PAGE || run->page != next_page)
            return false;
        uint64_t end = run->address + run->count * PAGE;
        if (!range_is_good(run->address, end) || run->address < behind)
            return false;
        while (at < image->vma_count && image->vmas[at].end <= run->address)
            at++;
        if (at == image->vma_count || image->vmas[at].start > run->address ||
            image->vmas[at].end < end || !has_pages(image->vmas[at].kind))
            return false;
        behind = end;
        next_page += run->count;
    }
    return next_page == image->page_count;
}

static bool guards_are_good(const struct process_image *image)
{
    size_t at = 0;
    uint64_t behind = 0;

    for (size_t i = 0; i < image->guard_count; i++) {
        const struct image_guard *guard = &image->guards[i];
        if (guard->count == 0 || guard->count > IMAGE_ADDRESS_LIMIT / PAGE)
            return false;
        uint64_t end = guard->address + guard->count * PAGE;
        if (!range_is_good(guard->address, end) || guard->address < behind)
            return false;
        while (at < image->vma_count && image->vmas[at].end <= guard->address)
            at++;
        if (at == image->vma_count || image->vmas[at].start > guard->address ||
            image->vmas[at].end < end)
            return false;
        behind = end;
    }
    return true;
}

static bool strings_are_good(const struct process_image *image)
{
    return image->strings_size == 0 ||
           (image->strings[0] == 0 && image->strings[image->strings_size - 1] == 0);
}

static int parts_take(struct process_image *image, const struct image_header *header,
                      const char *data, size_t size)
{
    uint64_t vmas = header->vma_count * sizeof(struct image_vma);
    uint64_t runs = header->run_count * sizeof(struct image_run);
    uint64_t guards = header->guard_count * sizeof(struct image_guard);

    if (header->run_count > IMAGE_SIZE_LIMIT || header->strings_size > IMAGE_SIZE_LIMIT ||
        header->guard_count > IMAGE_SIZE_LIMIT ||
        sizeof(*header) + vmas + runs + guards + header->strings_size != size)
        return -EBADMSG;
    image->vmas = malloc(vmas + 1);
    image->runs = malloc(runs + 1);
    image->guards = malloc(guards + 1);
    image->strings = malloc(header->strings_size + 1);
    if (image->vmas == NULL || image->runs == NULL || image->guards == NULL ||
        image->strings == NULL)
        return -ENOMEM;
    data += sizeof(*header);
    memcpy(image->vmas, data, vmas);
    memcpy(image->runs, data + vmas, runs);
    memcpy(image->guards, data + vmas + runs, guards);
    memcpy(image->strings, data + vmas + runs + guards, header->strings_size);
    image->vma_count = header->vma_count;
    image->run_count = header->run_count;
    image->guard_count = header->guard_count;
    image->strings_size = header->strings_size;
    image->page_count = header->page_count;
    bool good = strings_are_good(image) && vmas_are_good(image) && runs_are_good(image) &&
                guards_are_good(image);
    return good ? 0 : -EBADMSG;
}

/* The restorer reads the pages when there is no way back. */
static int pages_check(uint64_t page_count, int dirfd, pid_t pid, struct ckpt_error *err)
{
    char name[32];
    struct stat status;

    process_image_name(pid, "mem", name);
    if (fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return ckpt_error_errno(err, "stat '%s'", name);
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != page_count * PAGE)
        return ckpt_error_set(err, EBADMSG, "'%s' is damaged: %lld bytes instead of %llu pages",
                              name, (long long)status.st_size, (unsigned long long)page_count);
    return 0;
}

int process_image_read(struct process_image *ret, int dirfd, pid_t pid, struct ckpt_error *err)
{
    char name[32];
    cleanup_free char *data = NULL;
    size_t size;
    struct image_header header;
    struct process_image image = {0};

    process_image_name(pid, "img", name);
    if (read_file_at(dirfd, name, IMAGE_SIZE_LIMIT, &data, &size) < 0)
        return ckpt_error_errno(err, "read '%s'", name);
    if (size < sizeof(header))
        return ckpt_error_set(err, EBADMSG, "'%s' is damaged: too short", name);
    memcpy(&header, data, sizeof(header));
    if (memcmp(header.magic, IMAGE_MAGIC, sizeof(header.magic)) != 0)
        return ckpt_error_set(err, EBADMSG, "'%s' is no process image", name);
    if (header.version != IMAGE_VERSION)
        return ckpt_error_set(err, EBADMSG, "'%s' has version %u, this version reads %d", name,
                              header.version, IMAGE_VERSION);
    int error = parts_take(&image, &header, data, size);
    if (error < 0) {
        process_image_free(&image);
        return ckpt_error_set(err, -error, "'%s' is damaged: layout", name);
    }
    error = pages_check(image.page_count, dirfd, pid, err);
    if (error < 0) {
        process_image_free(&image);
        return error;
    }
    *ret = image;
    return 0;
}
