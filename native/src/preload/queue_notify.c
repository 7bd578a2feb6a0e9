/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Registrations to be told when a message comes into an empty POSIX message queue (mq_notify). They are the process's,
 * work once, and the kernel shows neither what comes with the signal nor lets anybody else make them. So the program's
 * calls are remembered. For the time of a checkpoint the registrations are taken back, since the supervisor empties and
 * fills the queues, and made again before the threads leave, in a restored process as in one that goes on. A message that
 * came in between, because others had left before, is told as the kernel would have.
 *
 * The kernel drops a registration when any descriptor of the queue is closed in the process, also one of the checkpoint
 * thread's copies: that thread has to be there, and to have closed them, before. */
#include "preload/queue_notify.h"

#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <errno.h>
#include <mqueue.h>
#include <sys/syscall.h>

#define REGISTRATIONS_MAX 64

SELDOM static struct registration {
    bool is_set;
    bool is_on; /* while it is taken back: it was there */
    int fd;
    long messages; /* in the queue when it was taken back */
    struct sigevent event;
} registrations[REGISTRATIONS_MAX];
static volatile bool is_used;

bool queue_notify_is_used(void)
{
    return is_used;
}

void queue_notify_forked(void)
{
    if (!is_used)
        return;
    is_used = false;
    memset(registrations, 0, sizeof(registrations));
}

static long queue_length(int fd)
{
    struct mq_attr attributes;

    return raw3(SYS_mq_getsetattr, fd, NULL, &attributes) < 0 ? 0 : attributes.mq_curmsgs;
}

/* Whether the process is registered with the queue, and no more afterwards. Only its own registration can be taken back,
 * and that there is one shows only in that nobody else can register. */
static bool take_back(int fd)
{
    struct sigevent nothing;

    memset(&nothing, 0, sizeof(nothing));
    nothing.sigev_notify = SIGEV_NONE;
    bool was_there = raw2(SYS_mq_notify, fd, &nothing) == -EBUSY;
    raw2(SYS_mq_notify, fd, NULL);
    if (!was_there)
        return false;
    bool was_ours = raw2(SYS_mq_notify, fd, &nothing) == 0;
    raw2(SYS_mq_notify, fd, NULL);
    return was_ours;
}

void queue_notify_off(void)
{
    for (int i = 0; i < REGISTRATIONS_MAX; i++) {
        struct registration *registration = &registrations[i];
        if (!registration->is_set)
            continue;
        registration->is_on = take_back(registration->fd);
        registration->is_set = registration->is_on;
        registration->messages = queue_length(registration->fd);
    }
}

/* As the kernel does when a message has come. */
static void tell(const struct registration *registration)
{
    siginfo_t info;

    if (registration->event.sigev_notify != SIGEV_SIGNAL)
        return;
    memset(&info, 0, sizeof(info));
    info.si_signo = registration->event.sigev_signo;
    info.si_code = SI_MESGQ;
    info.si_pid = preload.pid;
    info.si_uid = (uid_t)raw0(SYS_getuid);
    info.si_value = registration->event.sigev_value;
    raw3(SYS_rt_sigqueueinfo, preload.pid, registration->event.sigev_signo, &info);
}

void queue_notify_on(void)
{
    for (int i = 0; i < REGISTRATIONS_MAX; i++) {
        struct registration *registration = &registrations[i];
        if (!registration->is_on)
            continue;
        registration->is_on = false;
        raw2(SYS_mq_notify, registration->fd, &registration->event);
        if (registration->messages == 0 && queue_length(registration->fd) > 0 &&
            take_back(registration->fd)) {
            registration->is_set = false;
            tell(registration);
        }
    }
}

static void note(int fd, const struct sigevent *event)
{
    struct registration *to = NULL;

    for (int i = 0; i < REGISTRATIONS_MAX; i++) {
        if (registrations[i].is_set && registrations[i].fd == fd)
            registrations[i].is_set = false;
        if (!registrations[i].is_set)
            to = &registrations[i];
    }
    /* A thread of libc's waits for the others, which is told by means that cannot be had again. */
    if (to == NULL || event == NULL || event->sigev_notify == SIGEV_THREAD)
        return;
    *to = (struct registration){.is_set = true, .fd = fd, .event = *event};
}

EXPORT int mq_notify(mqd_t queue, const struct sigevent *event)
{
    if (!preload.managed)
        return REAL(mq_notify)(queue, event);
    checkpoint_thread_require();
    checkpoint_thread_settled();
    bool held = checkpoint_hold();
    is_used = true;
    int result = REAL(mq_notify)(queue, event);
    if (result == 0)
        note((int)queue, event);
    checkpoint_unhold(held);
    return result;
}
