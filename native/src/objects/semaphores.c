/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A set of System V semaphores: its values. Who waits for one waits again. What SEM_UNDO gives back when a process ends is
 * shown to nobody, but known to the library in it (preload/semaphore_undo.c). */
#include "common/cleanup.h"
#include "objects/system_v.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sem.h>

/* The argument of semctl, which callers have to declare. */
union semun {
    int value;
    struct semid_ds *status;
    unsigned short *values;
};

int semaphores_save(struct image_system_v *ret, int out)
{
    struct semid_ds status;

    if (semctl(ret->id, 0, IPC_STAT, (union semun){.status = &status}) < 0)
        return -errno;
    ret->mode = status.sem_perm.mode;
    ret->uid = status.sem_perm.uid;
    ret->gid = status.sem_perm.gid;
    ret->size = status.sem_nsems;
    ret->changed = status.sem_ctime;
    cleanup_free unsigned short *values = calloc(ret->size + 1, sizeof(*values));
    if (values == NULL || semctl(ret->id, 0, GETALL, (union semun){.values = values}) < 0)
        return -errno;
    return part_append(out, 0, values, ret->size * sizeof(*values));
}

int semaphores_make(const struct image_system_v *object)
{
    return semget(object->key, (int)object->size, IPC_CREAT | IPC_EXCL | 0600);
}

int semaphores_fill(const struct image_system_v *object, int from)
{
    struct semid_ds status = {
        .sem_perm = {.uid = object->uid, .gid = object->gid, .mode = (unsigned short)object->mode}};
    cleanup_free void *values = NULL;
    uint64_t size, wanted = object->size * sizeof(unsigned short);
    int64_t number;
    int got = part_next(from, &number, &values, &size, wanted);

    if (got <= 0 || size != wanted)
        return got < 0 ? got : -EBADMSG;
    if (semctl(object->id, 0, SETALL, (union semun){.values = values}) < 0 ||
        semctl(object->id, 0, IPC_SET, (union semun){.status = &status}) < 0)
        return -errno;
    return 0;
}
