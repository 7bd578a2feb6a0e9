/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a mapping is: from a file that will be there again, shared with others, or memory of the process alone, whose pages
 * are all there is of it. */
#include "capture/vma.h"

#include "common/cleanup.h"
#include "objects/mapped_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The file of the generation behind the mapping, or NULL. */
static const struct file_entry *entry_find(const struct vma_source *source,
                                           const struct mapping *mapping)
{
    const struct file_entry *entry =
        mapping->name[0] != '/'
            ? NULL
            : catalog_index_find(source->files->index, mapping->device, mapping->inode);

    return entry != NULL && entry->kind == FILE_REGULAR ? entry : NULL;
}

static int entry_path_add(const struct vma_source *source, const struct file_entry *entry,
                          struct process_image *image, struct image_vma *vma)
{
    cleanup_free char *path = file_entry_path(entry, source->files->workdir);

    return path == NULL ? -ENOMEM : process_image_add_string(image, path, &vma->path);
}

static int shared_vma_fill(const struct vma_source *source, const struct mapping *mapping,
                           struct process_image *image, struct image_vma *vma,
                           struct ckpt_error *err)
{
    const struct file_entry *entry = entry_find(source, mapping);
    struct stat status;

    if (entry != NULL) {
        vma->kind = VMA_FILE_SHARED;
        return entry_path_add(source, entry, image, vma);
    }
    const char *carried = mapped_file_path(source->tree, mapping);
    if (carried != NULL || mapping_file_is_there(source->snapshot, mapping, &status)) {
        vma->kind = VMA_FILE_SHARED;
        return process_image_add_string(image, carried != NULL ? carried : mapping->name,
                                        &vma->path);
    }
    int index = tree_image_shared_index(source->tree, mapping->device, mapping->inode);
    if (index < 0)
        return ckpt_error_set(err, ENOTSUP, "a mapping of '%s' cannot be carried", mapping->name);
    vma->kind = VMA_SHARED;
    vma->object = (uint32_t)index;
    return 0;
}

/* Its untouched pages can come from nowhere else. */
static bool is_of_lost_file(const struct mapping *mapping)
{
    return mapping->name[0] == '/' && (mapping->flags & VMA_HUGETLB) == 0 &&
           strcmp(mapping->name, "/dev/zero") != 0;
}

static int private_vma_fill(const struct vma_source *source, const struct mapping *mapping,
                            const struct file_entry *entry, const struct stat *status,
                            struct process_image *image, struct image_vma *vma)
{
    vma->kind = VMA_FILE_PRIVATE;
    if (entry != NULL) {
        vma->file_size = entry->stamp.size;
        vma->file_mtime_ns = (uint64_t)entry->stamp.mtime_ns;
        return entry_path_add(source, entry, image, vma);
    }
    vma->file_size = (uint64_t)status->st_size;
    vma->file_mtime_ns =
        (uint64_t)status->st_mtim.tv_sec * 1000000000ULL + (uint64_t)status->st_mtim.tv_nsec;
    return process_image_add_string(image, mapping->name, &vma->path);
}

static int mapping_refuse(const struct mapping *mapping, struct ckpt_error *err)
{
    const char *why = NULL;

    if ((mapping->flags & VMA_USERFAULT) != 0)
        why = "faults in it are handled by a userfaultfd";
    else if (mapping->wiped_in_child && (mapping->flags & VMA_DROPPABLE) == 0)
        why = "MADV_WIPEONFORK was set behind the library's back";
    else if (mapping->end > IMAGE_ADDRESS_LIMIT)
        why = "it lies above 47 bits of address";
    return why == NULL ? 0
                       : ckpt_error_set(err, ENOTSUP, "the memory at 0x%llx cannot be carried: %s",
                                        (unsigned long long)mapping->start, why);
}

int vma_describe(const struct vma_source *source, const struct mapping *mapping,
                 struct process_image *image, bool *ret_whole, struct ckpt_error *err)
{
    const struct file_entry *entry = entry_find(source, mapping);
    struct stat status;
    int error = mapping_refuse(mapping, err);

    if (error < 0)
        return error;
    struct image_vma *vma = process_image_add_vma(image);
    if (vma == NULL)
        return -ENOMEM;
    vma->start = mapping->start;
    vma->end = mapping->end;
    vma->offset = mapping->offset;
    vma->protection = (uint32_t)mapping->protection;
    vma->flags = mapping->flags & ~VMA_GROWS_DOWN;
    vma->page_shift = (uint8_t)((mapping->flags & VMA_HUGETLB) != 0 ? mapping->page_shift : 0);
    vma->pkey = mapping->pkey;
    vma->policy = mapping->policy;
    vma->nodes = mapping->nodes;
    *ret_whole = false;
    if (strcmp(mapping->name, "[vdso]") == 0) {
        vma->kind = VMA_VDSO;
        *ret_whole = true;
    } else if (starts_with(mapping->name, "[vvar")) {
        vma->kind = VMA_VVAR;
    } else if (mapping->shared) {
        return shared_vma_fill(source, mapping, image, vma, err);
    } else if (entry != NULL || mapping_file_is_there(source->snapshot, mapping, &status)) {
        return private_vma_fill(source, mapping, entry, &status, image, vma);
    } else {
        vma->kind = VMA_ANONYMOUS;
        vma->offset = 0;
        vma->flags = mapping->flags; /* only such a mapping can grow downwards */
        *ret_whole = is_of_lost_file(mapping);
    }
    return 0;
}
