/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * A blocking write that a signal interrupts half way returns how much it has written, and a program that writes into a
 * pipe need not expect that unless it has handlers of its own. Where the interruption was a checkpoint and no handler
 * of the program is about to run, these go on with the rest. */
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static bool goes_on(uint32_t parked, ssize_t done, size_t size)
{
    return done > 0 && (size_t)done < size && thread_park_count() != parked;
}

static bool is_blocking(int fd)
{
    long flags = raw2(SYS_fcntl, fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

EXPORT ssize_t write(int fd, const void *data, size_t size)
{
    uint32_t parked = thread_park_count();
    ssize_t done = REAL(write)(fd, data, size);

    if (__builtin_expect(goes_on(parked, done, size), 0) && is_blocking(fd)) {
        ssize_t rest = write(fd, (const char *)data + done, size - (size_t)done);
        return rest > 0 ? done + rest : done;
    }
    return done;
}

static size_t parts_size(const struct iovec *parts, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    uint32_t parked = thread_park_count();
    ssize_t total = REAL(writev)(fd, parts, count);

    if (total <= 0 || thread_park_count() == parked ||
        !goes_on(parked, total, parts_size(parts, count)) || !is_blocking(fd))
        return total;
    size_t skip = (size_t)total;
    for (; count > 0; parts++, count--) {
        if (skip >= parts->iov_len) {
            skip -= parts->iov_len;
            continue;
        }
        ssize_t wanted = (ssize_t)(parts->iov_len - skip);
        ssize_t done = write(fd, (const char *)parts->iov_base + skip, (size_t)wanted);
        total += done > 0 ? done : 0;
        if (done != wanted)
            break;
        skip = 0;
    }
    return total;
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags,
                      const struct sockaddr *address, socklen_t address_size)
{
    uint32_t parked = thread_park_count();
    ssize_t done = REAL(sendto)(fd, data, size, flags, address, address_size);

    if (__builtin_expect(goes_on(parked, done, size), 0) && (flags & MSG_DONTWAIT) == 0 &&
        is_blocking(fd)) {
        ssize_t rest = sendto(fd, (const char *)data + done, size - (size_t)done, flags, address,
                              address_size);
        return rest > 0 ? done + rest : done;
    }
    return done;
}

EXPORT ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return sendto(fd, data, size, flags, NULL, 0);
}
