/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Of all files of a tree, those whose numbers are not what the tree knows them by. Most often a restart changes either
 * none or all. */
#include "files/numbers.h"

#include "common/array.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One pair for each device, on either side. */
static int device_add(struct numbers_list *list, uint64_t real, uint64_t known)
{
    for (size_t i = 0; i < list->device_count; i++) {
        if (list->devices[i].real.device == real || list->devices[i].known.device == known)
            return 0;
    }
    struct numbers_pair *pair = array_add(&list->devices, &list->device_count, sizeof(*pair));
    if (pair == NULL)
        return -ENOMEM;
    *pair = (struct numbers_pair){.real.device = real, .known.device = known};
    return 0;
}

int numbers_add(struct numbers_list *list, const struct numbers_pair *pair)
{
    struct numbers_pair *added = array_add(&list->files, &list->file_count, sizeof(*added));

    if (added == NULL)
        return -ENOMEM;
    *added = *pair;
    return device_add(list, pair->real.device, pair->known.device);
}

void numbers_list_free(struct numbers_list *list)
{
    free(list->files);
    free(list->devices);
    *list = (struct numbers_list){0};
}

static int real_compare(const void *a, const void *b)
{
    return file_number_compare(((const struct numbers_pair *)a)->real,
                               ((const struct numbers_pair *)b)->real);
}

static int known_compare(const void *a, const void *b, void *files)
{
    const struct numbers_pair *pairs = files;

    return file_number_compare(pairs[*(const uint32_t *)a].known,
                               pairs[*(const uint32_t *)b].known);
}

/* What stands for itself: the device says it all. The table has no files yet. */
static bool is_plain(const struct numbers *numbers, const struct numbers_pair *pair)
{
    return pair->real.inode == pair->known.inode && pair->real_ctime_ns == pair->known_ctime_ns &&
           numbers_device(numbers, pair->real.device) == pair->known.device;
}

static bool devices_are_plain(const struct numbers_list *list)
{
    for (size_t i = 0; i < list->device_count; i++) {
        if (list->devices[i].real.device != list->devices[i].known.device)
            return false;
    }
    return true;
}

/* Everything but the files. */
static struct numbers *frame_make(const struct numbers_list *list, struct numbers_pair *files)
{
    uint32_t device_count = (uint32_t)list->device_count, file_count = 0;
    struct numbers *numbers = calloc(1, numbers_size((uint32_t)list->file_count, device_count));

    if (numbers == NULL)
        return NULL;
    *numbers = (struct numbers){.magic = NUMBERS_MAGIC, .device_count = device_count};
    if (device_count > 0)
        memcpy(numbers + 1, list->devices, device_count * sizeof(*list->devices));
    for (size_t i = 0; i < list->file_count; i++) {
        if (!is_plain(numbers, &list->files[i]))
            files[file_count++] = list->files[i];
    }
    if (device_count > 0)
        memcpy((struct numbers_pair *)(numbers + 1) + file_count, list->devices,
               device_count * sizeof(*list->devices));
    numbers->file_count = file_count;
    return numbers;
}

int numbers_make(const struct numbers_list *list, struct numbers **ret)
{
    struct numbers_pair *files = malloc((list->file_count + 1) * sizeof(*files));
    struct numbers *numbers =
        files == NULL || list->file_count > UINT32_MAX / 2 ? NULL : frame_make(list, files);

    *ret = NULL;
    if (numbers == NULL) {
        free(files);
        return -ENOMEM;
    }
    if (numbers->file_count == 0 && devices_are_plain(list)) {
        free(files);
        free(numbers);
        return 0;
    }
    qsort(files, numbers->file_count, sizeof(*files), real_compare);
    memcpy(numbers + 1, files, numbers->file_count * sizeof(*files));
    uint32_t *by_known = (uint32_t *)numbers_by_known(numbers);
    for (uint32_t i = 0; i < numbers->file_count; i++)
        by_known[i] = i;
    qsort_r(by_known, numbers->file_count, sizeof(*by_known), known_compare, files);
    free(files);
    *ret = numbers;
    return 0;
}

int numbers_write(const struct numbers *numbers, int store, struct ckpt_error *err)
{
    if (numbers == NULL)
        return unlinkat(store, NUMBERS_NAME, 0) < 0 && errno != ENOENT
                   ? ckpt_error_errno(err, "remove '%s' from the store", NUMBERS_NAME)
                   : 0;
    return write_file_atomic_at(store, NUMBERS_NAME, numbers,
                                numbers_size(numbers->file_count, numbers->device_count), false) < 0
               ? ckpt_error_errno(err, "write '%s' to the store", NUMBERS_NAME)
               : 0;
}
