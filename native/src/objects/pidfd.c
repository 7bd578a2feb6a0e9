/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * pidfd: a process. Each process of the tree opens its own once all processes exist; so two that shared a description
 * no longer do, which only O_NONBLOCK could tell. Who is not in the tree counts as ended. */
#include "objects/object.h"
#include "objects/passing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The number in the innermost PID namespace, which is the last one of the line; 0: the process has been waited for. */
static int inner_pid(const char *line)
{
    int pid = 0, number, length;

    while (sscanf(line, " %d%n", &number, &length) == 1 && strncmp(line, "\n", 1) != 0) {
        pid = number;
        line += length;
        if (*line == '\n')
            break;
    }
    return pid > 0 ? pid : 0;
}

int pidfd_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err)
{
    const char *line = strstr(seen->info, "\nNSpid:");
    const char *plain = strstr(seen->info, "\nPid:");

    (void)context;
    if (strstr(seen->target, "pidfd") == NULL || plain == NULL || seen->target[0] == '/')
        return 0;
    if (seen->outer == getpid())
        return ckpt_error_set(err, ENOTSUP, "a pidfd in a message cannot be carried");
    ret->kind = DESCRIPTION_PIDFD;
    ret->value =
        (uint64_t)inner_pid(line != NULL ? line + strlen("\nNSpid:") : plain + strlen("\nPid:"));
    return 1;
}

/* A place to hold until pidfd_open_again(). */
int pidfd_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)context;
    (void)description;
    return fd < 0 ? ckpt_error_errno(err, "open '/dev/null'") : fd;
}

/* A pidfd of a process that has ended and been waited for. */
static int ended_open(pid_t spare)
{
    int fd = -1;
    pid_t pid = passing_start(spare, &fd);

    if (pid < 0)
        return -1;
    passing_end(pid);
    return fd;
}

int pidfd_open_again(const struct image_description *description, pid_t spare,
                     struct ckpt_error *err)
{
    int fd =
        description->value == 0 ? -1 : (int)syscall(SYS_pidfd_open, (pid_t)description->value, 0);

    if (fd < 0)
        fd = ended_open(spare);
    if (fd < 0 || fcntl(fd, F_SETFL, description->flags & O_NONBLOCK) < 0)
        return ckpt_error_errno(err, "open a descriptor of process %d", (int)description->value);
    return fd;
}
