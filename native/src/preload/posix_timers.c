/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Timers of timer_create(), as coreutils' timeout and many libraries use them. The kernel lists them in
 * /proc/self/timers; without that file (CONFIG_CHECKPOINT_RESTORE) they are not carried. A program knows its timers by
 * the kernel's numbers, so a new one has to have the old number. Of a timer on the calling thread's CPU clock the kernel
 * does not tell which thread that was; asked for the same clock by the thread's number, it does.
 *
 * What is carried is the time that is left and how many expirations a signal that is still pending stands for. */
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif
#define TIMERS_MAX  1024
#define TIMERS_TEXT (TIMERS_MAX * 128) /* a timer takes four lines of some 20 characters */
#define ID_TRIES    100000

/* The kernel's struct sigevent. */
struct timer_event {
    uint64_t value;
    int32_t signal, notify, tid;
    int32_t padding[11];
};

struct posix_timer {
    int32_t id, clock;
    struct timer_event event;
    struct itimerspec time;
};

SELDOM static struct posix_timer timers[TIMERS_MAX];
static uint32_t timer_count;

static const char *line_next(const char *text)
{
    while (*text != 0 && *text != '\n')
        text++;
    return *text == '\n' ? text + 1 : text;
}

static int32_t number_signed(const char *text)
{
    bool negative = *text == '-';

    text += negative;
    int32_t number = (int32_t)text_number(&text, 10);
    return negative ? -number : number;
}

/* "signal/pid.PID", "none/pid.PID" or "signal/tid.TID" */
static void notify_read(const char *text, struct timer_event *event)
{
    event->notify = text_after(text, "none") != NULL ? SIGEV_NONE : SIGEV_SIGNAL;
    while (*text != 0 && *text != '/' && *text != '\n')
        text++;
    const char *tid = text_after(text, "/tid.");
    if (tid == NULL)
        return;
    event->notify |= SIGEV_THREAD_ID;
    event->tid = (int32_t)text_number(&tid, 10);
}

static bool timers_parse(const char *at)
{
    struct posix_timer *timer = NULL;
    const char *rest;

    for (; *at != 0; at = line_next(at)) {
        if ((rest = text_after(at, "ID: ")) != NULL) {
            if (timer_count == TIMERS_MAX)
                return false;
            timer = &timers[timer_count++];
            memset(timer, 0, sizeof(*timer));
            timer->id = number_signed(rest);
        } else if (timer == NULL) {
            return true;
        } else if ((rest = text_after(at, "signal: ")) != NULL) {
            timer->event.signal = (int32_t)text_number(&rest, 10);
            if (*rest++ == '/')
                timer->event.value = text_number(&rest, 16);
        } else if ((rest = text_after(at, "notify: ")) != NULL) {
            notify_read(rest, &timer->event);
        } else if ((rest = text_after(at, "ClockID: ")) != NULL) {
            timer->clock = number_signed(rest);
        }
    }
    return true;
}

int posix_timers_save(void)
{
    SELDOM static char text[TIMERS_TEXT];
    long got, size = 0;
    long fd = proc_open("self/timers", O_RDONLY);

    timer_count = 0;
    while (fd >= 0 && (got = raw3(SYS_read, fd, text + size, TIMERS_TEXT - 1 - size)) > 0)
        size += got;
    if (fd >= 0)
        raw1(SYS_close, fd);
    text[size] = 0;
    if (size == TIMERS_TEXT - 1 || !timers_parse(text))
        return -E2BIG;
    for (uint32_t i = 0; i < timer_count; i++)
        raw2(SYS_timer_gettime, timers[i].id, &timers[i].time);
    return 0;
}

/* Kernels that cannot be told the number count up. */
static bool timer_make(const struct posix_timer *timer, bool exact)
{
    struct timer_event event = timer->event;

    for (int tries = 0; tries < ID_TRIES; tries++) {
        int32_t id = exact ? timer->id : -1;
        if (raw3(SYS_timer_create, timer->clock, &event, &id) < 0)
            return false;
        if (id == timer->id)
            return true;
        raw1(SYS_timer_delete, id);
        if (id > timer->id)
            return false;
    }
    return false;
}

static struct posix_timer *timer_after(int32_t id)
{
    struct posix_timer *lowest = NULL;

    for (uint32_t i = 0; i < timer_count; i++) {
        if (timers[i].id > id && (lowest == NULL || timers[i].id < lowest->id))
            lowest = &timers[i];
    }
    return lowest;
}

void posix_timers_restore(void)
{
    bool exact = timer_count > 0 && raw5(SYS_prctl, PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0) == 0;

    for (struct posix_timer *timer = timer_after(-1); timer != NULL;
         timer = timer_after(timer->id)) {
        if (timer_make(timer, exact))
            raw4(SYS_timer_settime, timer->id, 0, &timer->time, NULL);
    }
    if (exact)
        raw5(SYS_prctl, PR_TIMER_CREATE_RESTORE_IDS, 0, 0, 0, 0);
}

/* The number of a thread's CPU clock, as the kernel makes it: the inverse of its id, then three bits that say so. */
static clockid_t cpu_clock_of_self(void)
{
    return (clockid_t)(~(uint32_t)raw0(SYS_gettid) << 3 | 6);
}

EXPORT int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict ret)
{
    if (preload.managed && clock == CLOCK_THREAD_CPUTIME_ID)
        clock = cpu_clock_of_self();
    if (REAL(timer_create) == NULL) {
        *REAL(errno_location)() = ENOSYS;
        return -1;
    }
    return REAL(timer_create)(clock, event, ret);
}
