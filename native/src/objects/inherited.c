/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Descriptors above the standard ones that ckpt was started with and the tree got from it: `exec 3> >(cat)` in the
 * script that calls ckpt, what a terminal or a batch system leaves open. Somebody outside has the other end. After a
 * restart each leads to what the new ckpt was given under the same number, or else to /dev/null, and a warning
 * says so (supervisor/lost.c). Files with a name are opened by that all the same. */
#include "objects/inherited.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/io.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int *numbers;
static size_t count;

void inherited_note(void)
{
    struct dirent *entry;
    cleanup_dir DIR *dir = opendir("/proc/self/fd");

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int fd = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : -1;
        int *added = fd > STDERR_FILENO && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0
                         ? array_add(&numbers, &count, sizeof(*numbers))
                         : NULL;
        if (added != NULL)
            *added = fd;
    }
}

int inherited_number(const struct seen_descriptor *seen)
{
    struct stat status;

    for (size_t i = 0; i < count; i++) {
        if (fstat(numbers[i], &status) == 0 && status_is_same(&status, &seen->status) &&
            syscall(SYS_kcmp, getpid(), seen->outer, KCMP_FILE, numbers[i], seen->fd) == 0)
            return numbers[i];
    }
    return 0;
}

bool inherited_again(int number, int flags)
{
    int mode = -1;

    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number)
            mode = fcntl(number, F_GETFL);
    }
    return mode >= 0 && ((mode & O_ACCMODE) == O_RDWR || ((mode ^ flags) & O_ACCMODE) == 0);
}

int inherited_save(const struct save_context *context, const struct seen_descriptor *seen,
                   struct image_description *ret, struct ckpt_error *err)
{
    int number = inherited_number(seen);

    (void)context;
    if (number == 0)
        return 0;
    ret->kind = DESCRIPTION_INHERITED;
    ret->value = (uint64_t)number;
    ret->path = strdup(seen->target);
    return ret->path == NULL ? ckpt_error_set(err, ENOMEM, "no memory") : 1;
}

int inherited_stream_save(const struct save_context *context, const struct seen_descriptor *seen,
                          struct image_description *ret, struct ckpt_error *err)
{
    bool is_stream = S_ISFIFO(seen->status.st_mode) || S_ISSOCK(seen->status.st_mode);

    return is_stream ? inherited_save(context, seen, ret, err) : 0;
}

int inherited_restore(const struct restore_context *context,
                      const struct image_description *description, struct ckpt_error *err)
{
    int number = (int)description->value;
    int fd = inherited_again(number, description->flags)
                 ? fcntl(number, F_DUPFD_CLOEXEC, 0)
                 : open("/dev/null", (description->flags & O_ACCMODE) | O_CLOEXEC);

    (void)context;
    return fd < 0 ? ckpt_error_errno(err, "open '/dev/null'") : fd;
}
