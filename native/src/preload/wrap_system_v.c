/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Making System V objects. Until the first restart they are made in the IPC namespace of the host, among those of others,
 * and the kernel tells at most who has used one. So the ids of those that the program makes are noted in the store. */
#include "preload/notes.h"
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"
#include "wire/system_v.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>

static void note_made(enum system_v_kind kind, int id, key_t key)
{
    struct system_v_note note = {.kind = (int32_t)kind, .id = id, .key = key};
    int store = notes_store_open();

    if (store < 0)
        return;
    long fd =
        raw4(SYS_openat, store, SYSTEM_V_NOTES, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    raw1(SYS_close, store);
    if (fd < 0)
        return;
    raw3(SYS_write, fd, &note, sizeof(note));
    raw1(SYS_close, fd);
}

/* Whether an object with the key is made or found makes a difference to us alone, so it is tried to be made first. */
#define GET_AND_NOTE(kind, key, flags, get)                                                        \
    ({                                                                                             \
        bool makes_ = preload.managed && notes_are_kept() &&                                       \
                      ((key) == IPC_PRIVATE || ((flags)&IPC_CREAT) != 0);                          \
        int wanted_ = flags, before_ = *REAL(errno_location)(), id_;                               \
        flags = makes_ && (key) != IPC_PRIVATE ? wanted_ | IPC_EXCL : wanted_;                     \
        id_ = get;                                                                                 \
        if (id_ >= 0 && makes_)                                                                    \
            note_made(kind, id_, key);                                                             \
        if (id_ < 0 && flags != wanted_ && *REAL(errno_location)() == EEXIST) {                    \
            *REAL(errno_location)() = before_;                                                     \
            flags = wanted_;                                                                       \
            id_ = get;                                                                             \
        }                                                                                          \
        id_;                                                                                       \
    })

EXPORT int semget(key_t key, int count, int flags)
{
    return GET_AND_NOTE(SYSTEM_V_SEMAPHORES, key, flags, REAL(semget)(key, count, flags));
}

EXPORT int msgget(key_t key, int flags)
{
    return GET_AND_NOTE(SYSTEM_V_QUEUE, key, flags, REAL(msgget)(key, flags));
}

EXPORT int shmget(key_t key, size_t size, int flags)
{
    return GET_AND_NOTE(SYSTEM_V_SEGMENT, key, flags, REAL(shmget)(key, size, flags));
}
