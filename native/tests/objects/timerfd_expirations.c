/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* timerfd: a timer that ran out unread, one that ticks, and one that is far away. */
#include "testlib.h"
#include <sys/timerfd.h>

static int timer(time_t seconds, long nanoseconds, long interval)
{
    int fd = MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    struct itimerspec t = {.it_value = {seconds, nanoseconds}, .it_interval.tv_nsec = interval};

    MUST(timerfd_settime(fd, 0, &t, NULL));
    return fd;
}

int main(void)
{
    int out = timer(0, 1000000, 0), ticking = timer(0, 1000000, 20000000), far = timer(500, 0, 0);
    struct itimerspec left;
    uint64_t count = 0, before;
    double start = now();

    while (now() - start < 0.05)
        moment(false);
    CHECK(read(ticking, &before, sizeof(before)) == 8 && before >= 2, "ticks before");
    ready();
    wait_go();
    if (sabotaged())
        timerfd_settime(far, 0, &(struct itimerspec){0}, NULL);
    MUST(timerfd_gettime(far, &left));
    CHECK(left.it_value.tv_sec >= 460 && left.it_value.tv_sec < 500, "%ld s left",
          (long)left.it_value.tv_sec);
    CHECK(read(out, &count, sizeof(count)) == 8 && count == 1, "the timer that ran out: %lu",
          (unsigned long)count);
    CHECK(read(out, &count, sizeof(count)) == -1 && errno == EAGAIN, "it ran out twice");
    MUST(timerfd_gettime(ticking, &left));
    CHECK(left.it_interval.tv_nsec == 20000000, "interval %ld", left.it_interval.tv_nsec);
    for (start = now(); read(ticking, &count, sizeof(count)) != 8; moment(false))
        CHECK(now() < start + 5, "the timer stopped");
    for (start = now(); read(ticking, &count, sizeof(count)) != 8; moment(false))
        CHECK(now() < start + 5, "the timer ticked only once");
    pass();
}
