/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * The content of one file in another. */
#include "common/copy.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One stretch without holes; both positions given, since not every kernel copies between every two filesystems. */
static int stretch_copy(int from, int to, off_t at, off_t end)
{
    static _Thread_local char buffer[1 << 16];

    while (at < end) {
        off_t source = at, target = at;
        ssize_t got = copy_file_range(from, &source, to, &target, (size_t)(end - at), 0);
        if (got <= 0) {
            size_t room = end - at < (off_t)sizeof(buffer) ? (size_t)(end - at) : sizeof(buffer);
            got = pread_full(from, buffer, room, at);
            if (got > 0 && pwrite_full(to, buffer, (size_t)got, at) < 0)
                return -errno;
        }
        if (got <= 0)
            return got < 0 ? -errno : 0;
        at += got;
    }
    return 0;
}

int content_copy(int from, int to, uint64_t size)
{
    off_t at = 0, end = (off_t)size;
    int error = 0;

    if (size > 0 && ioctl(to, FICLONE, from) == 0)
        return ftruncate(to, end) < 0 ? -errno : 0;
    while (error == 0 && at < end) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        at = data < 0 ? at : data;
        off_t hole = lseek(from, at, SEEK_HOLE);
        if (hole < 0 || hole > end)
            hole = end;
        if (at < hole)
            error = stretch_copy(from, to, at, hole);
        at = hole;
    }
    if (error == 0 && ftruncate(to, end) < 0)
        error = -errno;
    return error;
}
