/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_NUMBERS_H
#define CKPT_NUMBERS_H

/* DIR/numbers: the numbers of files (device and inode) as the tree knows them. A file that a restart has made anew has
 * another number than the one that programs remember; what they are told is the old one. So they are of the time of
 * change (ctime), until the file changes again. The supervisor writes the file
 * before a restarted tree runs, and removes it when there is nothing to say; the preloaded library reads it.
 *
 *      struct numbers                 numbers of their own are left out
 *      struct numbers_pair  file      [file_count], sorted by real
 *      struct numbers_pair  device    [device_count], inode 0
 *      uint32_t             by_known  [file_count], indices of the files sorted by known
 *
 * No two files are told the same number: what has one for itself that is known as another's gets one of a range that
 * filesystems do not give out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBERS_NAME  "numbers"
#define NUMBERS_MAGIC 0x317265626d756e01ULL

/* What is added to a number that is somebody else's. Devices: the kernel's major numbers have 12 bits, and the 13th
 * stands there in st_dev. Inodes: beyond what filesystems count up to, and still exact in a double. */
#define NUMBER_DEVICE_AWAY (1ULL << 44)
#define NUMBER_INODE_AWAY  (1ULL << 51)

struct file_number {
    uint64_t device, inode;
};

struct numbers_pair {
    struct file_number real, known;
    int64_t real_ctime_ns, known_ctime_ns; /* 0: as it is */
};

struct numbers {
    uint64_t magic;
    uint32_t file_count, device_count;
};

static inline const struct numbers_pair *numbers_files(const struct numbers *numbers)
{
    return (const void *)(numbers + 1);
}

static inline const struct numbers_pair *numbers_devices(const struct numbers *numbers)
{
    return numbers_files(numbers) + numbers->file_count;
}

static inline const uint32_t *numbers_by_known(const struct numbers *numbers)
{
    return (const void *)(numbers_devices(numbers) + numbers->device_count);
}

static inline uint64_t numbers_size(uint32_t file_count, uint32_t device_count)
{
    return sizeof(struct numbers) +
           ((uint64_t)file_count + device_count) * sizeof(struct numbers_pair) +
           (uint64_t)file_count * sizeof(uint32_t);
}

static inline int file_number_compare(struct file_number a, struct file_number b)
{
    if (a.inode != b.inode)
        return a.inode < b.inode ? -1 : 1;
    return (a.device > b.device) - (a.device < b.device);
}

/* The file of that number, real or known, or NULL. */
static inline const struct numbers_pair *numbers_find(const struct numbers *numbers, bool known,
                                                      struct file_number number)
{
    const uint32_t *by_known = numbers_by_known(numbers);
    uint32_t low = 0, high = numbers->file_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2, at = known ? by_known[middle] : middle;
        const struct numbers_pair *pair = &numbers_files(numbers)[at];
        if (at >= numbers->file_count)
            return NULL;
        int order = file_number_compare(number, known ? pair->known : pair->real);
        if (order == 0)
            return pair;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static inline uint64_t numbers_device(const struct numbers *numbers, uint64_t device)
{
    const struct numbers_pair *devices = numbers_devices(numbers);
    bool taken = false;

    for (uint32_t i = 0; i < numbers->device_count; i++) {
        if (devices[i].real.device == device)
            return devices[i].known.device;
        taken |= devices[i].known.device == device;
    }
    return taken ? device ^ NUMBER_DEVICE_AWAY : device;
}

/* What the tree knows the file by; numbers may be NULL. The time of change, if the caller has it, is made what the tree
 * knows. */
static inline struct file_number number_known(const struct numbers *numbers,
                                              struct file_number number, int64_t *ctime_ns)
{
    if (numbers == NULL)
        return number;
    const struct numbers_pair *file = numbers_find(numbers, false, number);
    if (file != NULL) {
        if (ctime_ns != NULL && *ctime_ns == file->real_ctime_ns && file->real_ctime_ns != 0)
            *ctime_ns = file->known_ctime_ns;
        return file->known;
    }
    number.device = numbers_device(numbers, number.device);
    if (numbers_find(numbers, true, number) != NULL)
        number.inode ^= NUMBER_INODE_AWAY;
    return number;
}

#endif
