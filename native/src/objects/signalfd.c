/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * signalfd: a mask. What is pending belongs to the process that reads. */
#include "objects/object.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signalfd_save(const struct save_context *context, const struct seen_descriptor *seen,
                  struct image_description *ret, struct ckpt_error *err)
{
    const char *mask = strstr(seen->info, "sigmask:");
    unsigned long long value;

    (void)context;
    (void)err;
    if (strcmp(seen->target, "anon_inode:[signalfd]") != 0 || mask == NULL ||
        sscanf(mask, "sigmask: %llx", &value) != 1)
        return 0;
    ret->kind = DESCRIPTION_SIGNALFD;
    ret->value = value;
    return 1;
}

int signalfd_restore(const struct restore_context *context,
                     const struct image_description *description, struct ckpt_error *err)
{
    sigset_t mask;

    (void)context;
    sigemptyset(&mask);
    memcpy(&mask, &description->value, sizeof(description->value));
    int fd =
        signalfd(-1, &mask, (description->flags & O_NONBLOCK ? SFD_NONBLOCK : 0) | SFD_CLOEXEC);
    return fd < 0 ? ckpt_error_errno(err, "make a signal descriptor") : fd;
}
