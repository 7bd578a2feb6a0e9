/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * timerfd: the time that is left, the interval, and expirations nobody has read. What is left counts from the restart
 * on, also for a timer that was set to an absolute time: the capsule's clocks have stood still meanwhile. The time of
 * day has not, so a timer set to one keeps that. */
#include "common/cleanup.h"
#include "common/io.h"
#include "objects/object.h"

#include <errno.h>
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

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET 2
#endif

/* What fdinfo shows. */
struct seen_timer {
    int clock;
    unsigned flags; /* of timerfd_settime */
    unsigned long long ticks, left_ns, interval_ns;
};

static bool info_parse(const char *info, struct seen_timer *ret)
{
    const char *at = strstr(info, "clockid:");
    unsigned long long value_s, value_ns, interval_s, interval_ns;

    if (at == NULL || sscanf(at,
                             "clockid: %d ticks: %llu settime flags: %o it_value: (%llu, %llu) "
                             "it_interval: (%llu, %llu)",
                             &ret->clock, &ret->ticks, &ret->flags, &value_s, &value_ns,
                             &interval_s, &interval_ns) != 7)
        return false;
    ret->left_ns = value_s * NS_PER_S + value_ns;
    ret->interval_ns = interval_s * NS_PER_S + interval_ns;
    return true;
}

/* One that has expired counts on, and runs on, when somebody asks it. */
static void expired_ask(const struct seen_descriptor *seen, struct seen_timer *timer)
{
    char path[64], info[1024];
    struct itimerspec when;
    cleanup_fd int fd = seen_duplicate(seen);

    if (fd < 0 || timerfd_gettime(fd, &when) < 0)
        return;
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    cleanup_fd int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read_full(file, info, sizeof(info) - 1);
    if (got <= 0)
        return;
    info[got] = 0;
    info_parse(info, timer);
}

static bool is_time_of_day(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
}

/* Ticks are kept in offset and flags in mode, which a timer has no other use for. */
int timer_save(const struct save_context *context, const struct seen_descriptor *seen,
               struct image_description *ret, struct ckpt_error *err)
{
    struct seen_timer timer;
    struct timespec now;

    (void)context;
    (void)err;
    if (strcmp(seen->target, "anon_inode:[timerfd]") != 0 || !info_parse(seen->info, &timer))
        return 0;
    if (timer.left_ns == 0 && timer.interval_ns != 0)
        expired_ask(seen, &timer);
    ret->kind = DESCRIPTION_TIMERFD;
    ret->clock = timer.clock;
    ret->offset = (int64_t)timer.ticks;
    ret->interval_ns = timer.interval_ns;
    ret->value = timer.left_ns != 0 ? timer.left_ns : timer.interval_ns;
    if (ret->value != 0 && (timer.flags & TFD_TIMER_ABSTIME) != 0 && is_time_of_day(timer.clock)) {
        clock_gettime(CLOCK_REALTIME, &now);
        ret->value += (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
        ret->mode = timer.flags & (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
    }
    return 1;
}

/* Clocks that wake a machine need a privilege that the new one may not give; nothing else differs. */
static int timer_create_again(const struct image_description *description)
{
    int flags = (description->flags & O_NONBLOCK ? TFD_NONBLOCK : 0) | TFD_CLOEXEC;
    int fd = timerfd_create(description->clock, flags);

    if (fd >= 0 || errno != EPERM)
        return fd;
    return timerfd_create(is_time_of_day(description->clock) ? CLOCK_REALTIME : CLOCK_BOOTTIME,
                          flags);
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
    int fd = timer_create_again(description);

    (void)context;
    if (fd < 0 || timerfd_settime(fd, (int)description->mode, &when, NULL) < 0)
        return ckpt_error_errno(err, "set a timer descriptor");
    if (ticks > 0)
        ioctl(fd, TFD_IOC_SET_TICKS,
              &ticks); /* the kernel may lack it: the next expiration wakes the reader */
    return fd;
}
