/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Everything is seen through /proc/PID/pagemap: only what a process has touched is read, so that no hole is filled.
 * The tree runs, so anything may be gone when it is looked at; then it is left out. */
#include "capture/precopy.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/log.h"
#include "common/proc.h"
#include "objects/shared_memory.h"
#include "proc/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGEMAP_PAGES   65536
#define PAGEMAP_PRESENT (1ULL << 63)
#define OBJECTS_MAX     64           /* a descriptor each */
#define SIZE_MIN        (1ULL << 20) /* of a mapping: less is copied at once */
#define SIZE_MAX_LOOKED                                                                            \
    (1ULL << 38) /* reservations that are mostly empty take too long to look through */

struct precopied {
    uint64_t device, inode;
    struct shared_pages pages;
};

struct precopy {
    struct process_tree tree;
    int dirfd, done;
    pthread_t thread;
    bool stop;
    struct precopied *objects;
    size_t object_count;
    struct shared_stretch *stretches;
    size_t stretch_count;
    uint64_t pagemap[PAGEMAP_PAGES];
};

uint64_t precopy_worth(const struct process_tree *tree)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < tree->count; i++) {
        cleanup_free char *text = NULL;
        if (proc_text_read(tree->processes[i].task, "status", &text) < 0)
            continue;
        const char *line = strstr(text, "\nRssShmem:");
        if (line != NULL)
            sum += strtoull(line + strlen("\nRssShmem:"), NULL, 10) << 10;
    }
    return sum;
}

/* Memory that has a descriptor or a name is saved with that; SHARED_MEMORY_NAME is what anonymous memory has become. */
static bool is_wanted(const struct mapping *mapping)
{
    uint64_t size = mapping->end - mapping->start;

    return mapping->shared && mapping->inode != 0 && size >= SIZE_MIN && size <= SIZE_MAX_LOOKED &&
           ((mapping->deleted && (strcmp(mapping->name, "/dev/zero") == 0 ||
                                  strcmp(mapping->name, "/memfd:" SHARED_MEMORY_NAME) == 0)) ||
            strncmp(mapping->name, "[anon_shmem:", 12) == 0);
}

static struct precopied *object_find(struct precopy *precopy, uint64_t device, uint64_t inode)
{
    for (size_t i = 0; i < precopy->object_count; i++) {
        if (precopy->objects[i].device == device && precopy->objects[i].inode == inode)
            return &precopy->objects[i];
    }
    return NULL;
}

static struct precopied *object_add(struct precopy *precopy, const struct mapping *mapping)
{
    int out = precopy->object_count == OBJECTS_MAX
                  ? -1
                  : openat(precopy->dirfd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    struct precopied *object =
        out < 0 ? NULL : array_add(&precopy->objects, &precopy->object_count, sizeof(*object));

    if (object == NULL) {
        if (out >= 0)
            close(out);
        return NULL;
    }
    *object =
        (struct precopied){.device = mapping->device, .inode = mapping->inode, .pages.out = out};
    return object;
}

/* What another process has shown is there already. */
static bool page_is_known(const struct shared_pages *pages, uint64_t page)
{
    const struct shared_block *block = shared_pages_block(pages, page / SHARED_BLOCK_PAGES);

    return block != NULL && block->slot[page % SHARED_BLOCK_PAGES] != 0;
}

static int stretches_find(struct precopy *precopy, int pagemap, const struct mapping *mapping,
                          const struct shared_pages *pages, uint64_t at, size_t count)
{
    uint64_t first = (at - mapping->start + mapping->offset) / SHARED_PAGE;

    if (pread_full(pagemap, precopy->pagemap, count * sizeof(uint64_t),
                   (off_t)(at / SHARED_PAGE * sizeof(uint64_t))) !=
        (ssize_t)(count * sizeof(uint64_t)))
        return -EFAULT;
    for (size_t i = 0; i < count; i++) {
        if ((precopy->pagemap[i] & PAGEMAP_PRESENT) == 0 || page_is_known(pages, first + i))
            continue;
        struct shared_stretch *last =
            precopy->stretch_count > 0 ? &precopy->stretches[precopy->stretch_count - 1] : NULL;
        if (last == NULL || last->end != first + i) {
            last = array_add(&precopy->stretches, &precopy->stretch_count, sizeof(*last));
            if (last == NULL)
                return -ENOMEM;
            last->start = first + i;
        }
        last->end = first + i + 1;
    }
    return 0;
}

static void object_forget(struct precopy *precopy, struct precopied *object)
{
    shared_pages_free(&object->pages);
    *object = precopy->objects[--precopy->object_count];
}

static void mapping_precopy(struct precopy *precopy, pid_t task, int pagemap, int memory,
                            const struct mapping *mapping)
{
    struct precopied *object = object_find(precopy, mapping->device, mapping->inode);
    struct shared_source source = {
        .task = task, .object = -1, .memory = memory, .address = mapping->start - mapping->offset};
    int error = 0;

    if (object == NULL)
        object = object_add(precopy, mapping);
    if (object == NULL)
        return;
    precopy->stretch_count = 0;
    for (uint64_t at = mapping->start; error == 0 && at < mapping->end;) {
        uint64_t left = (mapping->end - at) / SHARED_PAGE;
        size_t count = left < PAGEMAP_PAGES ? (size_t)left : PAGEMAP_PAGES;
        error = stretches_find(precopy, pagemap, mapping, &object->pages, at, count);
        at += count * SHARED_PAGE;
    }
    if (error == 0)
        error = shared_pages_copy(&object->pages, &source, precopy->stretches,
                                  precopy->stretch_count, true, &precopy->stop);
    if (error < 0 && error != -EFAULT) /* the disk may be full: what the file holds is not known */
        object_forget(precopy, object);
}

static void process_precopy(struct precopy *precopy, pid_t task)
{
    struct mappings mappings = {0};
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)task);
    cleanup_fd int pagemap = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)task);
    cleanup_fd int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (pagemap < 0 || memory < 0 || mappings_read(task, &mappings, NULL) < 0)
        return;
    for (size_t i = 0; i < mappings.count && !__atomic_load_n(&precopy->stop, __ATOMIC_RELAXED);
         i++) {
        if (is_wanted(&mappings.list[i]))
            mapping_precopy(precopy, task, pagemap, memory, &mappings.list[i]);
    }
    mappings_free(&mappings);
}

static void *thread_main(void *argument)
{
    struct precopy *precopy = argument;
    uint64_t one = 1;

    for (size_t i = 0; i < precopy->tree.count; i++)
        process_precopy(precopy, precopy->tree.processes[i].task);
    if (write(precopy->done, &one, sizeof(one)) < 0)
        ckpt_info("cannot tell that shared memory has been copied: %s", strerror(errno));
    return NULL;
}

struct precopy *precopy_start(struct process_tree *tree, int dirfd, int done)
{
    struct precopy *precopy = calloc(1, sizeof(*precopy));

    if (precopy == NULL)
        return NULL;
    precopy->tree = *tree;
    precopy->dirfd = dirfd;
    precopy->done = done;
    if (pthread_create(&precopy->thread, NULL, thread_main, precopy) != 0) {
        free(precopy);
        return NULL;
    }
    *tree = (struct process_tree){0};
    return precopy;
}

void precopy_take(struct precopy *precopy, const struct image_shared *object, int dirfd,
                  struct shared_pages *ret)
{
    struct precopied *found =
        precopy == NULL ? NULL : object_find(precopy, object->device, object->inode);
    char path[64];

    if (found == NULL)
        return;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", found->pages.out);
    if (linkat(AT_FDCWD, path, dirfd, object->data, AT_SYMLINK_FOLLOW) == 0) {
        *ret = found->pages;
        found->pages = (struct shared_pages){.out = -1};
    }
    object_forget(precopy, found);
}

void precopy_end(struct precopy *precopy)
{
    if (precopy == NULL)
        return;
    __atomic_store_n(&precopy->stop, true, __ATOMIC_RELAXED);
    pthread_join(precopy->thread, NULL);
    while (precopy->object_count > 0)
        object_forget(precopy, precopy->objects);
    free(precopy->objects);
    free(precopy->stretches);
    process_tree_free(&precopy->tree);
    free(precopy);
}
