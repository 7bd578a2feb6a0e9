/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Files below /proc, and what the kernel lets us do. */
#include "common/proc.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int proc_text_read(pid_t pid, const char *name, char **ret)
{
    char path[64], *text = NULL;
    size_t size = 0, room = 65536;

    if (pid == 0)
        snprintf(path, sizeof(path), "/proc/self/%s", name);
    else
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

int proc_write(const char *path, const char *text)
{
    cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd < 0 ? -errno : write_full(fd, text, strlen(text));
}

bool is_administrator(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}
