/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A System V message queue: its messages, in order, each with its type. They are copied out (MSG_COPY) and stay. */
#include "common/cleanup.h"
#include "objects/ipc_limit.h"
#include "objects/system_v.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
    long type;
    char text[];
};

int message_queue_save(struct image_system_v *ret, int out)
{
    struct msqid_ds status;
    int error = 0;

    if (msgctl(ret->id, IPC_STAT, &status) < 0)
        return -errno;
    ret->mode = status.msg_perm.mode;
    ret->uid = status.msg_perm.uid;
    ret->gid = status.msg_perm.gid;
    ret->size = status.msg_qbytes;
    ret->changed = status.msg_ctime;
    size_t room = status.__msg_cbytes;
    cleanup_free struct message *message = malloc(sizeof(*message) + room + 1);
    if (message == NULL)
        return -ENOMEM;
    for (unsigned long i = 0; error == 0 && i < status.msg_qnum; i++) {
        ssize_t size = msgrcv(ret->id, message, room, (long)i, MSG_COPY | IPC_NOWAIT);
        error = size < 0 ? -errno : part_append(out, message->type, message->text, (size_t)size);
    }
    return error;
}

int message_queue_make(const struct image_system_v *object)
{
    return msgget(object->key, IPC_CREAT | IPC_EXCL | 0600);
}

static int message_send(const struct image_system_v *object, int64_t type, const void *text,
                        uint64_t size)
{
    cleanup_free struct message *message = malloc(sizeof(*message) + size);

    if (message == NULL)
        return -ENOMEM;
    ipc_limit_raise("kernel/msgmax", size);
    message->type = type;
    memcpy(message->text, text, size);
    return msgsnd(object->id, message, size, IPC_NOWAIT) < 0 ? -errno : 0;
}

int message_queue_fill(const struct image_system_v *object, int from)
{
    struct msqid_ds status;
    int64_t type;
    int got, error;

    if (msgctl(object->id, IPC_STAT, &status) < 0)
        return -errno;
    uint64_t before = status.msg_qbytes;
    status.msg_perm.uid = object->uid;
    status.msg_perm.gid = object->gid;
    status.msg_perm.mode = (unsigned short)object->mode;
    /* It may have been made smaller than what was in it by then. */
    status.msg_qbytes = object->size > before ? object->size : before;
    if (msgctl(object->id, IPC_SET, &status) < 0)
        return -errno;
    do {
        cleanup_free void *text = NULL;
        uint64_t size;
        got = part_next(from, &type, &text, &size, INT32_MAX);
        error = got > 0 ? message_send(object, type, text, size) : got;
    } while (error == 0 && got > 0);
    status.msg_qbytes = object->size;
    if (error == 0 && msgctl(object->id, IPC_SET, &status) < 0)
        error = -errno;
    return error;
}
