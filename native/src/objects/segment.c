/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A System V shared memory segment: its content without its holes. Those who had it attached do so again in
 * restore/restorer_memory.c. */
#include "common/cleanup.h"
#include "image/process.h"
#include "objects/system_v.h"
#include "proc/mappings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define PAGE        4096ULL
#define BATCH_PAGES 256ULL

static bool is_zero(const char *data, size_t size)
{
    return data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/* Whether a page may hold something; to look would fill a hole. */
static void residency_read(char *memory, uint64_t pages, bool swapping, unsigned char *ret)
{
    if (swapping || mincore(memory, pages * PAGE, ret) < 0)
        memset(ret, 1, pages);
}

/* Of huge pages, which a restart may not have; -errno when it cannot be told. */
static int huge_refuse(const char *memory)
{
    struct mappings mappings = {0};
    int error = mappings_read_with_flags(getpid(), &mappings, NULL);

    for (size_t i = 0; error == 0 && i < mappings.count; i++) {
        if (mappings.list[i].start == (uintptr_t)memory &&
            (mappings.list[i].flags & VMA_HUGETLB) != 0)
            error = -ENOTSUP;
    }
    mappings_free(&mappings);
    return error;
}

static int batch_save(char *memory, uint64_t at, uint64_t size, bool swapping, int out)
{
    unsigned char there[BATCH_PAGES];
    uint64_t left = size - at;
    uint64_t pages = left > BATCH_PAGES * PAGE ? BATCH_PAGES : (left + PAGE - 1) / PAGE;
    int error = 0;

    residency_read(memory + at, pages, swapping, there);
    for (uint64_t i = 0; error == 0 && i < pages; i++) {
        uint64_t offset = at + i * PAGE;
        size_t part = size - offset < PAGE ? (size_t)(size - offset) : (size_t)PAGE;
        if ((there[i] & 1) != 0 && !is_zero(memory + offset, part))
            error = part_append(out, (int64_t)offset, memory + offset, part);
    }
    return error;
}

int segment_save(struct image_system_v *ret, int out)
{
    struct shmid_ds status;
    struct sysinfo info;
    if (shmctl(ret->id, IPC_STAT, &status) < 0)
        return -errno;
    ret->mode = status.shm_perm.mode & (0777 | SHM_DEST | SHM_LOCKED);
    ret->uid = status.shm_perm.uid;
    ret->gid = status.shm_perm.gid;
    ret->size = status.shm_segsz;
    ret->changed = status.shm_ctime;
    char *memory = shmat(ret->id, NULL, SHM_RDONLY);
    if ((intptr_t)memory == -1)
        return -errno;
    int error = huge_refuse(memory);
    bool swapping = sysinfo(&info) < 0 || info.freeswap < info.totalswap;
    for (uint64_t at = 0; error == 0 && at < ret->size; at += BATCH_PAGES * PAGE)
        error = batch_save(memory, at, ret->size, swapping, out);
    shmdt(memory);
    return error;
}

int segment_make(const struct image_system_v *object)
{
    return shmget(object->key, object->size, IPC_CREAT | IPC_EXCL | 0600);
}

int segment_fill(const struct image_system_v *object, int from)
{
    struct shmid_ds status = {.shm_perm = {.uid = object->uid,
                                           .gid = object->gid,
                                           .mode = (unsigned short)(object->mode & 0777)}};
    char *memory = shmat(object->id, NULL, 0);
    int64_t offset;
    int got, error = 0;

    if ((intptr_t)memory == -1)
        return -errno;
    do {
        cleanup_free void *data = NULL;
        uint64_t size;
        got = part_next(from, &offset, &data, &size, PAGE);
        if (got > 0 && (offset < 0 || (uint64_t)offset > object->size ||
                        size > object->size - (uint64_t)offset))
            error = -EBADMSG;
        else if (got > 0)
            memcpy(memory + offset, data, size);
    } while (error == 0 && got > 0);
    shmdt(memory);
    if (error == 0)
        error = got;
    if (error == 0 && shmctl(object->id, IPC_SET, &status) < 0)
        error = -errno;
    /* Where as much may not be locked it is as with mlock(2): the memory is there all the same. */
    if (error == 0 && (object->mode & SHM_LOCKED) != 0)
        shmctl(object->id, SHM_LOCK, NULL);
    return error;
}
