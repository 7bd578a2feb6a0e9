/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Signals of descriptors: whom they go to (F_SETOWN), which (F_SETSIG), and whether they are wanted (O_ASYNC). A signal
 * tells the number of the descriptor, so the process that holds it asks for them again, when their receiver exists.
 * Directories have an owner only where F_NOTIFY is in use, of which the kernel shows nothing more. */
#include "objects/signal_io.h"

#include "common/cleanup.h"
#include "proc/process_tree.h"

#include <errno.h>
#include <fcntl.h>

int signal_io_save(const struct seen_descriptor *seen, struct image_description *ret,
                   struct ckpt_error *err)
{
    struct f_owner_ex owner = {0};
    struct tree_process process;

    if ((seen->flags & O_PATH) != 0)
        return 0;
    cleanup_fd int fd = seen_duplicate(seen);
    if (fd < 0 || fcntl(fd, F_GETOWN_EX, &owner) < 0)
        return ckpt_error_errno(err, "look whom '%s' signals", seen->target);
    if (owner.pid != 0 && S_ISDIR(seen->status.st_mode))
        return ckpt_error_set(err, ENOTSUP, "notifications about '%s' (F_NOTIFY) cannot be carried",
                              seen->target);
    int signal = fcntl(fd, F_GETSIG);
    ret->signal = signal < 0 ? 0 : signal;
    ret->owner_kind = owner.type;
    /* One that has ended gets no more signals. */
    if (owner.pid > 0 && tree_process_read(owner.pid, &process) == 0)
        ret->owner = process.inner;
    return 0;
}

int signal_io_restore(const struct image_description *description, int fd, struct ckpt_error *err)
{
    struct f_owner_ex owner = {.type = description->owner_kind, .pid = description->owner};
    int flags = fcntl(fd, F_GETFL);

    if (description->signal != 0 && fcntl(fd, F_SETSIG, description->signal) < 0)
        return ckpt_error_errno(err, "choose signal %d for descriptor %d", description->signal, fd);
    if (owner.pid != 0 && fcntl(fd, F_SETOWN_EX, &owner) < 0) {
        /* Threads do not exist yet: the process takes the signal. */
        owner.type = F_OWNER_PID;
        if (fcntl(fd, F_SETOWN_EX, &owner) < 0 && errno != ESRCH)
            return ckpt_error_errno(err, "name %d the owner of descriptor %d", owner.pid, fd);
    }
    if ((description->flags & O_ASYNC) != 0 && fcntl(fd, F_SETFL, flags | O_ASYNC) < 0)
        return ckpt_error_errno(err, "make descriptor %d signal", fd);
    return 0;
}
