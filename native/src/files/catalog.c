/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The catalog in memory, and what is believed of one that was read from a disk. */
#include "files/catalog.h"

#include "common/array.h"
#include "store/checksum.h"
#include "store/manifest.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file_entry *catalog_add(struct catalog *catalog)
{
    struct file_entry *entry =
        array_add(&catalog->entries, &catalog->count, sizeof(*catalog->entries));

    if (entry != NULL)
        *entry = (struct file_entry){.same_as = -1, .input_mtime_ns = -1};
    return entry;
}

static void entry_free(struct file_entry *entry)
{
    for (size_t i = 0; i < entry->xattr_count; i++) {
        free(entry->xattrs[i].name);
        free(entry->xattrs[i].value);
    }
    free(entry->xattrs);
    free(entry->path);
    free(entry->target);
    free(entry->content.sums);
}

void catalog_free(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        entry_free(&catalog->entries[i]);
    for (size_t i = 0; i < catalog->exclude_count; i++)
        free(catalog->excludes[i].glob);
    free(catalog->excludes);
    free(catalog->entries);
    *catalog = (struct catalog){0};
}

bool file_is_by_reference(const struct file_entry *entry)
{
    return entry->kind == FILE_REGULAR && entry->same_as < 0 && entry->content.name[0] == 0;
}

bool file_stamps_equal(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

size_t content_block_count(uint64_t size)
{
    return (size_t)((size + CONTENT_BLOCK - 1) / CONTENT_BLOCK);
}

uint64_t content_sum(const struct file_content *content)
{
    struct checksum *sum = checksum_new();
    uint64_t digest = 0;

    if (sum == NULL)
        return 0;
    for (size_t i = 0; i < content->block_count; i++) {
        uint64_t block = htole64(content->sums[i]);
        checksum_update(sum, &block, sizeof(block));
    }
    digest = checksum_digest(sum);
    checksum_free(sum);
    return digest;
}

int content_duplicate(const struct file_content *from, struct file_content *ret)
{
    struct file_content copy = *from;

    copy.sums = malloc((from->block_count + 1) * sizeof(*copy.sums));
    if (copy.sums == NULL)
        return -ENOMEM;
    if (from->block_count > 0)
        memcpy(copy.sums, from->sums, from->block_count * sizeof(*copy.sums));
    *ret = copy;
    return 0;
}

char *file_entry_path(const struct file_entry *entry, const char *workdir)
{
    char *path;

    return asprintf(&path, "%s/%s", entry->outside ? "" : workdir, entry->path) < 0 ? NULL : path;
}

/* ---- by inode ---- */

struct catalog_index {
    size_t count;
    const struct file_entry *entries[];
};

static int inode_compare(const void *a, const void *b)
{
    const struct file_stamp *x = &(*(const struct file_entry *const *)a)->stamp;
    const struct file_stamp *y = &(*(const struct file_entry *const *)b)->stamp;

    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return (x->device > y->device) - (x->device < y->device);
}

struct catalog_index *catalog_index_new(const struct catalog *catalog)
{
    struct catalog_index *index =
        malloc(sizeof(*index) + (catalog->count + 1) * sizeof(index->entries[0]));

    if (index == NULL)
        return NULL;
    index->count = 0;
    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->entries[i].kind != FILE_FOREIGN && catalog->entries[i].same_as < 0)
            index->entries[index->count++] = &catalog->entries[i];
    }
    qsort(index->entries, index->count, sizeof(index->entries[0]), inode_compare);
    return index;
}

void catalog_index_free(struct catalog_index *index)
{
    free(index);
}

const struct file_entry *catalog_index_find(const struct catalog_index *index, uint64_t device,
                                            uint64_t inode)
{
    struct file_entry wanted = {.stamp = {.device = device, .inode = inode}};
    const struct file_entry *key = &wanted;
    const struct file_entry *const *found =
        bsearch(&key, index->entries, index->count, sizeof(index->entries[0]), inode_compare);

    return found != NULL ? *found : NULL;
}

/* ---- what may be believed ---- */

bool path_is_inside(const char *path)
{
    const char *at = path;

    if (strlen(path) >= PATH_MAX)
        return false;
    for (;;) {
        size_t length = strcspn(at, "/");
        if (length == 0 || length > NAME_MAX || (length == 1 && at[0] == '.') ||
            (length == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        if (at[length] == 0)
            return true;
        at += length + 1;
    }
}

static bool content_is_sound(const struct file_entry *entry)
{
    const struct file_content *content = &entry->content;

    if (content->name[0] == 0) /* by reference, or the same as another */
        return content->block_count == 0 && content->size == 0;
    return strncmp(content->name, CONTENT_PREFIX, strlen(CONTENT_PREFIX)) == 0 &&
           strchr(content->name, '/') == NULL && content->size == entry->stamp.size &&
           content->block_count == content_block_count(content->size);
}

static const char *entry_fault(const struct catalog *catalog, size_t index)
{
    const struct file_entry *entry = &catalog->entries[index];

    if (!path_is_inside(entry->path))
        return "its name leads elsewhere";
    if ((unsigned)entry->kind >= FILE_KINDS || entry->mode > 07777)
        return "its kind or mode is unknown";
    if (entry->kind == FILE_SYMLINK && (entry->target == NULL || entry->target[0] == 0))
        return "it is a link to nothing";
    if (entry->kind != FILE_REGULAR && (entry->same_as >= 0 || entry->content.name[0] != 0))
        return "it cannot have a content";
    if (!content_is_sound(entry))
        return "its content makes no sense";
    if (entry->same_as >= 0 &&
        ((size_t)entry->same_as >= index || catalog->entries[entry->same_as].kind != FILE_REGULAR ||
         catalog->entries[entry->same_as].same_as >= 0 || entry->content.name[0] != 0))
        return "it is the same as something that is no file";
    return NULL;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp((*(const struct manifest_file *const *)a)->name,
                  (*(const struct manifest_file *const *)b)->name);
}

static bool content_is_vouched_for(const struct file_content *content,
                                   const struct manifest_file *const *files, size_t count)
{
    const struct manifest_file wanted = {.name = (char *)content->name}, *key = &wanted;
    const struct manifest_file *const *found =
        bsearch(&key, files, count, sizeof(*files), name_compare);

    return found != NULL && (*found)->block != 0 && (*found)->size == content->size &&
           (*found)->xxh3 == content_sum(content);
}

int catalog_check_contents(const struct catalog *catalog, const struct manifest *manifest,
                           struct ckpt_error *err)
{
    const struct manifest_file **files = malloc((manifest->file_count + 1) * sizeof(*files));
    int error = files == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 0;

    if (error == 0 && manifest->notes.size != 0 && manifest->notes.size != catalog->notes_bytes)
        error = ckpt_error_set(err, EBADMSG, "%s: the notes are not those of the manifest",
                               CATALOG_NAME);

    for (size_t i = 0; error == 0 && i < manifest->file_count; i++)
        files[i] = &manifest->files[i];
    if (error == 0)
        qsort(files, manifest->file_count, sizeof(*files), name_compare);
    for (size_t i = 0; error == 0 && i < catalog->count; i++) {
        const struct file_content *content = &catalog->entries[i].content;
        if (content->name[0] != 0 && !content_is_vouched_for(content, files, manifest->file_count))
            error = ckpt_error_set(err, EBADMSG, "%s: '%s' is not what the manifest says",
                                   CATALOG_NAME, content->name);
    }
    free(files);
    return error;
}

static int path_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether the directory that the path lies in is among the sorted names of directories. */
static bool parent_is_known(const char *path, const char *const *directories, size_t count)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/'), *key = parent;

    if (slash == NULL)
        return true;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    return bsearch(&key, directories, count, sizeof(key), path_compare) != NULL;
}

/* Of a dedicated working directory every parent is there. */
static int parents_check(const struct catalog *catalog, const char **directories,
                         struct ckpt_error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->entries[i].kind == FILE_DIRECTORY && !catalog->entries[i].outside)
            directories[count++] = catalog->entries[i].path;
    }
    qsort(directories, count, sizeof(*directories), path_compare);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct file_entry *entry = &catalog->entries[i];
        if (catalog->dedicated && !entry->outside &&
            !parent_is_known(entry->path, directories, count))
            return ckpt_error_set(err, EBADMSG, "%s: '%s' lies in no directory", CATALOG_NAME,
                                  entry->path);
    }
    return 0;
}

int catalog_check(const struct catalog *catalog, struct ckpt_error *err)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const char *fault = entry_fault(catalog, i);
        if (fault != NULL)
            return ckpt_error_set(err, EBADMSG, "%s: '%s': %s", CATALOG_NAME,
                                  catalog->entries[i].path, fault);
    }
    const char **directories = malloc((catalog->count + 1) * sizeof(*directories));
    if (directories == NULL)
        return ckpt_error_set(err, ENOMEM, "no memory");
    int error = parents_check(catalog, directories, err);
    free(directories);
    return error;
}
