/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Below /proc, for the checkpoint thread: it holds the directory open in its own descriptor table, since the program may
 * move to another root directory (chroot), and all threads with it. */
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

static int directory = -1;
static int own_number; /* in /proc */
bool has_been_rooted;

void proc_hold(int given)
{
    directory = given >= 0
                    ? given
                    : (int)raw4(SYS_openat, AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    char number[24] = "";
    const char *at = number;
    own_number = (int)raw0(SYS_getpid);
    if (directory >= 0 && raw4(SYS_readlinkat, directory, "self", number, sizeof(number) - 1) > 0)
        own_number = (int)text_number(&at, 10);
}

bool proc_is_foreign(void)
{
    return own_number != preload.pid;
}

int proc_own_number(void)
{
    return own_number;
}

/* What is open has the parent's number, in a table that is not ours. */
void proc_forget(void)
{
    directory = -1;
}

bool proc_is_out_of_reach(void)
{
    return directory < 0 && has_been_rooted;
}

long proc_open(const char *name, int flags)
{
    return directory < 0 ? -ENOENT : raw4(SYS_openat, directory, name, flags, 0);
}

EXPORT int chroot(const char *path)
{
    /* Afterwards it could not open the directory any more. */
    if (preload.managed) {
        checkpoint_thread_require();
        checkpoint_thread_settled();
    }
    has_been_rooted = true;
    return REAL(chroot)(path);
}
