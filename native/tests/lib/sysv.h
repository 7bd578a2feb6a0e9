/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef SYSV_H
#define SYSV_H

/* System V objects outlive who has made them: a program that fails leaves none either. */
#include "testlib.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum sysv_kind { SYSV_SEMAPHORES, SYSV_QUEUE, SYSV_SEGMENT };

static struct {
    enum sysv_kind kind;
    int id;
} sysv_made[8];
static size_t sysv_count;

static inline void sysv_remove(void)
{
    for (size_t i = 0; i < sysv_count; i++) {
        if (sysv_made[i].kind == SYSV_SEMAPHORES)
            semctl(sysv_made[i].id, 0, IPC_RMID);
        else if (sysv_made[i].kind == SYSV_QUEUE)
            msgctl(sysv_made[i].id, IPC_RMID, NULL);
        else
            shmctl(sysv_made[i].id, IPC_RMID, NULL);
    }
}

/* What a get call has returned, once it is known to be removed in any case. */
static inline int sysv_owned(enum sysv_kind kind, int id)
{
    if (id < 0 || sysv_count == sizeof(sysv_made) / sizeof(sysv_made[0]))
        fail("make a System V object: %s", strerror(errno));
    sysv_made[sysv_count].kind = kind;
    sysv_made[sysv_count++].id = id;
    before_fail = sysv_remove;
    return id;
}

#endif
