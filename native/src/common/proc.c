/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Files below /proc, whose length nobody knows before the end. */
#include "common/proc.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int proc_text_read(pid_t pid, const char *name, char **ret)
{
    char path[64], *text = NULL;
    size_t size = 0, room = 65536;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (;;) {
        char *grown = realloc(text, room + 1);
        if (grown == NULL)
            break;
        text = grown;
        ssize_t got = read_full(fd, text + size, room - size);
        if (got < 0)
            break;
        size += (size_t)got;
        if (size < room) {
            text[size] = 0;
            *ret = text;
            return 0;
        }
        room *= 2;
    }
    free(text);
    return -ENOMEM;
}
