/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The three streams that ckpt hands to the tree, and terminals. After a restart they are those of the ckpt that
 * restarts. */
#include "objects/terminal.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Of somebody outside: terminal.c comes first. A container may show one as /dev/console. */
static bool is_terminal(const struct seen_descriptor *seen)
{
    return S_ISCHR(seen->status.st_mode) &&
           (major(seen->status.st_rdev) == TERMINAL_SLAVE_MAJOR ||
            strncmp(seen->target, "/dev/pts/", 9) == 0 ||
            strcmp(seen->target, "/dev/console") == 0 || strncmp(seen->target, "/dev/tty", 8) == 0);
}

static bool is_our_input(const struct save_context *context, const struct seen_descriptor *seen)
{
    /* A file or device can be opened again by its path, whoever handed it on. */
    return status_is_same(&context->input, &seen->status) &&
           (S_ISFIFO(seen->status.st_mode) || S_ISSOCK(seen->status.st_mode));
}

int standard_stream_save(const struct save_context *context, const struct seen_descriptor *seen,
                         struct image_description *ret, struct ckpt_error *err)
{
    (void)err;
    if (S_ISFIFO(seen->status.st_mode) && seen->status.st_ino == context->output_pipe)
        ret->kind = DESCRIPTION_STDOUT;
    else if (S_ISFIFO(seen->status.st_mode) && seen->status.st_ino == context->error_pipe)
        ret->kind = DESCRIPTION_STDERR;
    else if (is_our_input(context, seen))
        ret->kind = DESCRIPTION_STDIN;
    else if (is_terminal(seen))
        ret->kind = seen->fd == 1   ? DESCRIPTION_STDOUT
                    : seen->fd == 2 ? DESCRIPTION_STDERR
                                    : DESCRIPTION_STDIN;
    else
        return 0;
    return 1;
}

int standard_stream_restore(const struct restore_context *context,
                            const struct image_description *description, struct ckpt_error *err)
{
    int from = description->kind == DESCRIPTION_STDIN    ? context->input
               : description->kind == DESCRIPTION_STDOUT ? context->output
                                                         : context->error;
    int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);

    if (fd <
        0) /* closed where we were started: the tree gets something that is always at its end */
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    return fd < 0 ? ckpt_error_errno(err, "open '/dev/null'") : fd;
}
