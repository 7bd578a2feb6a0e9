/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * timerfd: the time that is left, the interval, and expirations nobody has read. What is left counts from the restart
 * on, also for a timer that was set to an absolute time: the capsule's monotonic clock has stood still meanwhile. */
#include "objects/object.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, unsigned long long)
#endif
#define NS_PER_S 1000000000ULL

/* The fields stand one behind the other; ticks are kept in offset, which a timer has no other use for. */
int timer_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err)
{
    const char *at = strstr(seen->info, "clockid:");
    unsigned long long ticks, value_s, value_ns, interval_s, interval_ns;
    int clock;
    unsigned flags;

    (void)context;
    (void)err;
    if (strcmp(seen->target, "anon_inode:[timerfd]") != 0 || at == NULL ||
        sscanf(at,
               "clockid: %d ticks: %llu settime flags: %o it_value: (%llu, %llu) it_interval: "
               "(%llu, %llu)",
               &clock, &ticks, &flags, &value_s, &value_ns, &interval_s, &interval_ns) != 7)
        return 0;
    ret->kind = DESCRIPTION_TIMERFD;
    ret->clock = clock;
    ret->offset = (int64_t)ticks;
    ret->value = value_s * NS_PER_S + value_ns;
    ret->interval_ns = interval_s * NS_PER_S + interval_ns;
    /* One that has expired is started again by whoever reads it, which restoring cannot imitate. */
    if (ret->value == 0)
        ret->value = ret->interval_ns;
    return 1;
}

int timer_restore(const struct restore_context *context,
                  const struct image_description *description, struct ckpt_error *err)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(description->value / NS_PER_S),
                     .tv_nsec = (long)(description->value % NS_PER_S)},
        .it_interval = {.tv_sec = (time_t)(description->interval_ns / NS_PER_S),
                        .tv_nsec = (long)(description->interval_ns % NS_PER_S)},
    };
    unsigned long long ticks = (unsigned long long)description->offset;
    int fd = timerfd_create(description->clock,
                            (description->flags & O_NONBLOCK ? TFD_NONBLOCK : 0) | TFD_CLOEXEC);

    (void)context;
    if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
        return ckpt_error_errno(err, "set a timer descriptor");
    if (ticks > 0)
        ioctl(fd, TFD_IOC_SET_TICKS,
              &ticks); /* the kernel may lack it: the next expiration wakes the reader */
    return fd;
}
