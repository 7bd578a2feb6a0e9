/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * eventfd: a counter, maybe a semaphore. fdinfo shows both. */
#include "objects/object.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int event_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err)
{
    const char *count = strstr(seen->info, "eventfd-count:");
    const char *semaphore = strstr(seen->info, "eventfd-semaphore:");
    unsigned long long value;

    (void)context;
    (void)err;
    if (strcmp(seen->target, "anon_inode:[eventfd]") != 0 || count == NULL ||
        sscanf(count, "eventfd-count: %llx", &value) != 1)
        return 0;
    ret->kind = DESCRIPTION_EVENTFD;
    ret->value = value;
    ret->clock = semaphore != NULL && strstr(semaphore, ": 1") != NULL;
    return 1;
}

int event_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err)
{
    int flags = (description->clock ? EFD_SEMAPHORE : 0) |
                (description->flags & O_NONBLOCK ? EFD_NONBLOCK : 0) | EFD_CLOEXEC;
    int fd = eventfd(0, flags);

    (void)context;
    if (fd < 0)
        return ckpt_error_errno(err, "make an event descriptor");
    if (description->value > 0 &&
        write(fd, &description->value, sizeof(description->value)) != sizeof(description->value)) {
        close(fd);
        return ckpt_error_errno(err, "set an event descriptor");
    }
    return fd;
}
