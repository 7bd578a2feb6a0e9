/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A store on a filesystem that is full. Whichever write met it says nothing to anybody; which filesystem it is, how much
 * would be needed and what is left to go on from does. What there was of the image has been removed by now, so that what
 * is free was not enough. */
#include "supervisor/room.h"

#include "common/log.h"
#include "supervisor/triggers.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>

#define MIB        (1024ULL * 1024)
#define FEW_INODES 16 /* fewer than a generation of one process and its files takes */

static void missing_name(struct session *session, int code, char *ret, size_t size)
{
    unsigned long long needed = (tree_resident(session) + MIB - 1) / MIB, available;
    struct statvfs disk;

    if (code == EDQUOT) {
        snprintf(ret, size, "the quota of its filesystem is used up");
        return;
    }
    if (fstatvfs(session->store->dirfd, &disk) < 0) {
        snprintf(ret, size, "its filesystem is full");
        return;
    }
    available = (unsigned long long)disk.f_bavail * disk.f_frsize / MIB;
    if (disk.f_files != 0 && disk.f_favail < FEW_INODES)
        snprintf(ret, size, "its filesystem has no inodes left");
    else if (available < needed)
        snprintf(ret, size, "its filesystem has %llu MiB free, the memory of the task is %llu MiB",
                 available, needed);
    else
        snprintf(ret, size, "the %llu MiB that its filesystem has free are not enough", available);
}

void room_tell(struct session *session, struct ckpt_error *err)
{
    char missing[128], stays[64] = "there is no generation yet";

    if (err->code != ENOSPC && err->code != EDQUOT)
        return;
    ckpt_info("no checkpoint: %s", err->message);
    missing_name(session, err->code, missing, sizeof(missing));
    if (session->status.generation != 0)
        snprintf(stays, sizeof(stays), "generation %u stays the latest",
                 session->status.generation);
    ckpt_error_set(err, err->code, "no room for an image in the store '%.250s': %s; %s",
                   session->store->path, missing, stays);
}
