/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
#ifndef CKPT_OBJECTS_UNIX_DIAG_H
#define CKPT_OBJECTS_UNIX_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What sock_diag(7) knows of a unix socket and nobody else tells. */
struct unix_diag {
    bool listening, has_peer;
    uint32_t peer; /* its inode; 0: it has been closed, or nobody has accepted us yet */
    int backlog;   /* of a listening socket */
    int shutdown;
    uint32_t *waiting; /* inodes of those that a listening socket has not accepted yet */
    size_t waiting_count;
};

/* 0 or -errno; -ENOENT also where the kernel has no diagnostics for unix sockets. */
int unix_diag_read(uint64_t inode, struct unix_diag *ret);
void unix_diag_free(struct unix_diag *diag);

#endif
