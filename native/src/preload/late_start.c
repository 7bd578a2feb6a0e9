/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * When the checkpoint thread is started. Most processes of a shell script live for less than a millisecond, and a thread
 * with its connection would cost such a one half as much again. So it is started once the process has lived for a
 * while, by the signal of a timer, or sooner: before a call that waits, which the timer would interrupt, and with the
 * first thread of the program. Until then the process is in the tree but not connected; a checkpoint waits for it.
 *
 * The signal is the checkpoint signal, told apart by what it carries. It goes to one thread, so that it meets no signal
 * sent to the process. exec ends the timer and drops its signal, so the next program never sees it. */
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <linux/time_types.h>
#include <sys/syscall.h>
#include <time.h>

#define LATE_START_NS      5000000
#define SETTLED_RECHECK_NS 10000000L

/* The kernel's struct sigevent. */
struct timer_event {
    const void *value;
    int32_t signal, notify, tid;
    int32_t padding[11];
};

static bool started;
static int32_t timer;
static bool timer_is_set;

static bool timer_start(void)
{
    struct timer_event event = {
        .value = &started,
        .signal = preload.signal,
        .notify = SIGEV_THREAD_ID,
        .tid = preload.pid,
    };
    struct {
        struct __kernel_timespec interval, value;
    } when = {.value = {.tv_nsec = LATE_START_NS}};

    if (raw3(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) < 0)
        return false;
    timer_is_set = raw4(SYS_timer_settime, timer, 0, &when, NULL) == 0;
    if (!timer_is_set)
        raw1(SYS_timer_delete, timer);
    return timer_is_set;
}

void checkpoint_thread_expect(void)
{
    preload.pid = (int)raw0(SYS_getpid);
    started = false;
    timer_is_set = false;
    if (!timer_start())
        checkpoint_thread_require();
}

void checkpoint_thread_require(void)
{
    if (started || !preload.managed)
        return;
    /* A child of vfork has its parent's memory, but is not it. */
    if ((int)raw0(SYS_getpid) != preload.pid)
        return;
    if (__atomic_exchange_n(&started, true, __ATOMIC_SEQ_CST))
        return;
    if (timer_is_set)
        raw1(SYS_timer_delete, timer);
    checkpoint_thread_start();
}

bool checkpoint_thread_forestall(void)
{
    if (__atomic_exchange_n(&started, true, __ATOMIC_SEQ_CST))
        return true;
    if (timer_is_set)
        raw1(SYS_timer_delete, timer);
    return false;
}

void checkpoint_thread_settled(void)
{
    while (preload.checkpoint_tid != 0 && preload.settled == 0)
        futex_wait(&preload.settled, 0, SETTLED_RECHECK_NS);
}

bool is_late_start(const siginfo_t *info)
{
    return info->si_code == SI_TIMER && info->si_ptr == &started;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*begin)(void *), void *argument)
{
    if (REAL(pthread_create) == NULL)
        return EAGAIN;
    checkpoint_thread_require();
    return REAL(pthread_create)(thread, attributes, begin, argument);
}
