/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * What a host allows of System V objects and message queues holds in the IPC namespace of a capsule as well, so that a
 * program may go on as it did. */
#include "objects/ipc_limit.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[IPC_LIMITS_SIZE] = {
    "kernel/msgmax",         "kernel/msgmnb",
    "kernel/msgmni",         "kernel/sem",
    "kernel/shmmax",         "kernel/shmall",
    "kernel/shmmni",         "fs/mqueue/msg_max",
    "fs/mqueue/msgsize_max", "fs/mqueue/msg_default",
    "fs/mqueue/queues_max",  "fs/mqueue/msgsize_default",
};

static int limit_open(const char *name, int flags)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/sys/%s", name);
    return open(path, flags | O_CLOEXEC);
}

static void value_read(const char *name, char ret[64])
{
    cleanup_fd int fd = limit_open(name, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read_full(fd, ret, 63);

    ret[got > 0 ? got : 0] = 0;
}

static void value_set(const char *name, const char *value)
{
    cleanup_fd int fd = value[0] == 0 ? -1 : limit_open(name, O_WRONLY);

    if (fd >= 0 && write_full(fd, value, strlen(value)) < 0)
        return; /* what needs more will say so */
}

void ipc_limits_read(struct ipc_limits *ret)
{
    for (int i = 0; i < IPC_LIMITS_SIZE; i++)
        value_read(names[i], ret->values[i]);
}

void ipc_limits_set(const struct ipc_limits *limits)
{
    for (int i = 0; i < IPC_LIMITS_SIZE; i++)
        value_set(names[i], limits->values[i]);
}

void ipc_limit_raise(const char *name, uint64_t wanted)
{
    char value[64];

    value_read(name, value);
    if (value[0] == 0 || strtoull(value, NULL, 10) >= wanted)
        return;
    snprintf(value, sizeof(value), "%llu", (unsigned long long)wanted);
    value_set(name, value);
}
