/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* timerfd set to absolute times of several clocks: a time of day stays what it was, also with TFD_TIMER_CANCEL_ON_SET;
 * the others keep the distance to their clock. Ticks that nobody has read are counted. */
#include "testlib.h"
#include <sys/timerfd.h>

#define AHEAD 500

static double clock_now(clockid_t clock)
{
    struct timespec t;

    MUST(clock_gettime(clock, &t));
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int timer(clockid_t clock, int flags, double end, long interval)
{
    int fd = MUST(timerfd_create(clock, TFD_NONBLOCK));
    struct itimerspec t = {.it_value = {(time_t)end, (long)((end - (double)(time_t)end) * 1e9)},
                           .it_interval.tv_nsec = interval};

    MUST(timerfd_settime(fd, flags, &t, NULL));
    return fd;
}

static void expect_end(int fd, clockid_t clock, double end, double late)
{
    struct itimerspec left;

    MUST(timerfd_gettime(fd, &left));
    double got =
        clock_now(clock) + (double)left.it_value.tv_sec + (double)left.it_value.tv_nsec / 1e9;
    CHECK(got > end - 0.01 && got < end + late, "clock %d: it ends %.4f s after its time",
          (int)clock, got - end);
}

int main(void)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    static const double late[] = {0.01, 10, 10};
    double ends[3], started = now();
    uint64_t ticks = 0;
    int fds[3];

    for (int i = 0; i < 3; i++) {
        ends[i] = clock_now(clocks[i]) + AHEAD;
        fds[i] = timer(clocks[i], TFD_TIMER_ABSTIME | (i == 0 ? TFD_TIMER_CANCEL_ON_SET : 0),
                       ends[i], 0);
    }
    int unread = timer(CLOCK_MONOTONIC, TFD_TIMER_ABSTIME, started, 5000000);
    while (now() < started + 0.5)
        moment(false);
    ready();
    wait_go();
    if (sabotaged())
        ends[0] += 1;
    for (int i = 0; i < 3; i++)
        expect_end(fds[i], clocks[i], ends[i], late[i]);
    CHECK(read(unread, &ticks, sizeof(ticks)) == sizeof(ticks) && ticks >= 100,
          "%lu ticks in half a second", ticks);
    pass();
}
