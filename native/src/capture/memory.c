/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The pages of one process. A page is stored when the process has written it (anonymous, present or swapped out): the
 * rest comes from the mapped file or is zero. Pages of files that are no longer what was mapped are all stored. */
#include "capture/memory.h"

#include "capture/policies.h"
#include "capture/snapshot.h"
#include "capture/vma.h"
#include "common/io.h"
#include "image/process.h"
#include "proc/mappings.h"
#include "store/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PAGE        4096ULL
#define BATCH_PAGES 256
#define PAGEMAP_PAGES                                                                              \
    8192 /* looked at at once, out of the cache: most of a reservation has no pages */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAPPED (1ULL << 62)
#define PAGEMAP_FILE    (1ULL << 61)
#define PAGEMAP_GUARD   (1ULL << 58)

/* What the writing of one process's pages needs. */
struct writer {
    struct vma_source source;
    pid_t inner;
    int mem_fd, pagemap_fd, out_fd;
    struct checksum_blocks *sum; /* of all that is written to out_fd */
    struct process_image image;
    char pages[BATCH_PAGES * PAGE];
    uint64_t pagemap[PAGEMAP_PAGES];
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

static bool page_is_wanted(uint64_t entry, bool whole)
{
    return whole ||
           ((entry & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)) != 0 && (entry & PAGEMAP_FILE) == 0);
}

static int run_write(struct writer *writer, uint64_t address, const char *pages, size_t count)
{
    if (write_full(writer->out_fd, pages, count * PAGE) < 0)
        return -errno;
    checksum_blocks_update(writer->sum, pages, count * PAGE);
    if (process_image_add_run(&writer->image, address, writer->image.page_count, count) < 0)
        return -ENOMEM;
    writer->image.page_count += count;
    return 0;
}

/* How many of the pages there are to be read: behind the end of a file there is nothing.
 *
 * Not by process_vm_readv: it pins what it reads, and before that the kernel gives the snapshot a page of its own for each
 * that it has in common with its process. The task would take twice its memory. */
static size_t pages_read(struct writer *writer, uint64_t address, size_t count)
{
    size_t done = 0;

    while (done < count * PAGE) {
        ssize_t got = pread(writer->mem_fd, writer->pages + done, count * PAGE - done,
                            (off_t)(address + done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    return done / PAGE;
}

/* Stores neighbouring pages; zero ones of anonymous memory need not be stored. What is known to have pages must be
 * readable. */
static int pages_store(struct writer *writer, uint64_t address, size_t count, bool whole,
                       bool skip_zero)
{
    size_t readable = pages_read(writer, address, count);
    int error = readable < count && !whole ? -EIO : 0;

    for (size_t i = 0; error == 0 && i < readable;) {
        size_t start = i;
        while (i < readable && !(skip_zero && page_is_zero(writer->pages + i * PAGE)))
            i++;
        if (i > start)
            error =
                run_write(writer, address + start * PAGE, writer->pages + start * PAGE, i - start);
        while (i < readable && skip_zero && page_is_zero(writer->pages + i * PAGE))
            i++;
    }
    return error;
}

static int run_store(struct writer *writer, uint64_t address, size_t count, bool whole,
                     bool skip_zero)
{
    int error = 0;

    for (size_t done = 0; error == 0 && done < count; done += BATCH_PAGES) {
        size_t left = count - done;
        error = pages_store(writer, address + done * PAGE, left < BATCH_PAGES ? left : BATCH_PAGES,
                            whole, skip_zero);
    }
    return error;
}

enum page_class {
    PAGE_OTHER,
    PAGE_WANTED,
    PAGE_GUARD,
};

static enum page_class page_classify(uint64_t entry, bool whole)
{
    if ((entry & PAGEMAP_GUARD) != 0)
        return PAGE_GUARD;
    return page_is_wanted(entry, whole) ? PAGE_WANTED : PAGE_OTHER;
}

/* Of <linux/fs.h>, since Linux 6.7. */
struct scan_region {
    uint64_t start, end, categories;
};

struct scan_arguments {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t inverted, all_of, any_of, returned;
};

#define PAGEMAP_SCAN _IOWR('f', 16, struct scan_arguments)
#define SCAN_PRESENT (1ULL << 3)
#define SCAN_SWAPPED (1ULL << 4) /* guards as well */

/* The first address from there on with something to look at. The kernel knows where it has no pages: address sanitizers
 * map terabytes, of which every page would have to be read. */
static uint64_t populated_find(const struct writer *writer, const struct mapping *mapping,
                               uint64_t start)
{
    struct scan_region region;
    struct scan_arguments scan = {
        .size = sizeof(scan),
        .start = start,
        .end = mapping->end,
        .regions = (uintptr_t)&region,
        .region_count = 1,
        .max_pages = 1,
        .any_of = SCAN_PRESENT | SCAN_SWAPPED,
        .returned = SCAN_PRESENT | SCAN_SWAPPED,
    };
    int found = ioctl(writer->pagemap_fd, PAGEMAP_SCAN, &scan);

    if (found < 0) /* an older kernel, which has no guards either */
        return errno == ENOTTY && mapping->resident == 0 ? mapping->end : start;
    return found > 0 ? region.start : scan.walk_end;
}

/* Where the kernel cannot say that it has nothing, the terabytes are looked through at the speed of memcmp(3). */
static bool has_nothing(const uint64_t *pagemap, size_t count, bool whole)
{
    return count == 0 || (page_classify(pagemap[0], whole) == PAGE_OTHER &&
                          memcmp(pagemap, pagemap + 1, (count - 1) * sizeof(*pagemap)) == 0);
}

/* Any mapping may have guards; only those with private pages have something to store. */
static int part_store(struct writer *writer, uint64_t address, size_t count, bool has_pages,
                      bool whole, bool skip_zero)
{
    int error = 0;

    ssize_t got = pread_full(writer->pagemap_fd, writer->pagemap, count * sizeof(uint64_t),
                             (off_t)(address / PAGE * sizeof(uint64_t)));
    if (got != (ssize_t)(count * sizeof(uint64_t)))
        return got < 0 ? (int)got : -EIO;
    if (has_nothing(writer->pagemap, count, whole))
        return 0;
    for (size_t i = 0; error == 0 && i < count;) {
        size_t start = i;
        enum page_class class = page_classify(writer->pagemap[i], whole);
        while (i < count && page_classify(writer->pagemap[i], whole) == class)
            i++;
        if (class == PAGE_GUARD)
            error = process_image_add_guard(&writer->image, address + start * PAGE, i - start);
        else if (class == PAGE_WANTED && has_pages)
            error = run_store(writer, address + start * PAGE, i - start, whole, skip_zero);
    }
    return error;
}

static int mapping_store(struct writer *writer, const struct mapping *mapping,
                         struct ckpt_error *err)
{
    bool whole;
    int error;

    if (strcmp(mapping->name, "[vsyscall]") == 0)
        return 0;
    error = vma_describe(&writer->source, mapping, &writer->image, &whole, err);
    if (error < 0)
        return error;
    uint32_t kind = writer->image.vmas[writer->image.vma_count - 1].kind;
    if (kind > VMA_VDSO)
        return 0;
    bool has_pages = kind == VMA_ANONYMOUS || kind == VMA_FILE_PRIVATE || kind == VMA_VDSO;
    for (uint64_t at = mapping->start; error == 0 && at < mapping->end;) {
        if (!whole && mapping->end - at > PAGEMAP_PAGES * PAGE)
            at = populated_find(writer, mapping, at);
        uint64_t left = (mapping->end - at) / PAGE;
        size_t count = left < PAGEMAP_PAGES ? (size_t)left : PAGEMAP_PAGES;
        error = part_store(writer, at, count, has_pages, whole, kind == VMA_ANONYMOUS);
        at += count * PAGE;
    }
    if (error < 0)
        return ckpt_error_set(err, -error, "save the memory of process %d at 0x%llx: %s",
                              (int)writer->inner, (unsigned long long)mapping->start,
                              strerror(-error));
    return 0;
}

static int writer_open(struct writer *writer, pid_t snapshot, pid_t inner, int dirfd,
                       struct ckpt_error *err)
{
    char name[32];

    process_image_name(inner, "mem", name);
    writer->inner = inner;
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
    checksum_blocks_free(writer->sum);
    process_image_free(&writer->image);
    free(writer);
}

/* Its pages may have been taken from it between two looks, which shows in nothing that was read. */
static int killed_set(const struct tree_image *tree, pid_t inner, struct ckpt_error *err)
{
    const struct image_process *process = tree_image_process(tree, inner);

    return ckpt_error_set(err, EOWNERDEAD,
                          "the copy of process %d (%s) was killed while it was saved", (int)inner,
                          process != NULL ? process->name : "");
}

static int pages_add(struct writer *writer, pid_t inner, struct manifest *manifest)
{
    char name[32];
    uint64_t size, sum = checksum_blocks_end(writer->sum, &size);

    process_image_name(inner, "mem", name);
    return manifest_add_content(manifest, name, size, sum, true);
}

int capture_memory(pid_t snapshot, pid_t inner, const struct tree_image *tree,
                   const struct memory_files *files, int dirfd, struct manifest *manifest,
                   struct ckpt_error *err)
{
    struct mappings mappings = {0};
    struct writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL || (writer->sum = checksum_blocks_new()) == NULL) {
        free(writer);
        return ckpt_error_set(err, ENOMEM, "no memory to write process %d", (int)inner);
    }
    writer->mem_fd = writer->pagemap_fd = writer->out_fd = -1;
    writer->source = (struct vma_source){.snapshot = snapshot, .files = files, .tree = tree};
    int error = writer_open(writer, snapshot, inner, dirfd, err);
    if (error == 0)
        error = mappings_read_with_flags(snapshot, &mappings, err);
    if (error == 0)
        policies_read(snapshot, &mappings);
    for (size_t i = 0; error == 0 && i < mappings.count; i++)
        error = mapping_store(writer, &mappings.list[i], err);
    if (snapshot_was_killed(snapshot))
        error = killed_set(tree, inner, err);
    if (error == 0)
        error = process_image_write(&writer->image, dirfd, inner, err);
    if (error == 0 && pages_add(writer, inner, manifest) < 0)
        error = ckpt_error_set(err, ENOMEM, "no memory");
    mappings_free(&mappings);
    writer_free(writer);
    return error;
}
