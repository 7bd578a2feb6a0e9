/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Some system calls refuse processes with more than one thread (unshare and setns of user namespaces), others change
 * the calling thread alone (all of unshare and setns; user and group ids, which libc changes in the threads that it
 * knows). Around them there is no checkpoint thread: it ends before, and one that inherits what the caller has become
 * is started afterwards. The coordinator sees a process that has not connected yet.
 *
 * The caller holds off checkpoints, so the thread it ends waits for a message, is about to, or waits for the holders. */
#include "preload/futex.h"
#include "preload/preload.h"
#include "preload/queue_notify.h"
#include "preload/text.h"
#include "preload/wrappers.h"

#include <sys/syscall.h>

static bool end_ask(int tid)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    info.si_signo = preload.signal;
    info.si_code = SI_QUEUE;
    info.si_ptr = &preload;
    return raw4(SYS_rt_tgsigqueueinfo, preload.pid, tid, preload.signal, &info) == 0;
}

/* libc may just be putting its own handler of the signal in front of ours, as with the first thread of a program. */
static void end_await(int tid)
{
    /* Cleared by the kernel when it has ended but for its entry in the process. */
    while (preload.checkpoint_tid == tid) {
        futex_wait((volatile uint32_t *)&preload.checkpoint_tid, (uint32_t)tid, 10000000L);
        if (preload.checkpoint_tid == tid && signals_claim())
            end_ask(tid);
    }
    while (raw3(SYS_tgkill, preload.pid, tid, 0) == 0)
        raw0(SYS_sched_yield);
}

static void thread_end_now(void)
{
    int tid = preload.checkpoint_tid;

    if (tid == 0)
        return; /* it has ended by itself, say for want of a coordinator */
    __atomic_store_n(&preload.leaving, true, __ATOMIC_SEQ_CST);
    futex_wake(&preload.holders);
    signals_claim();
    if (end_ask(tid))
        end_await(tid);
    preload.leaving = false;
    preload.announced = 0; /* it may have got so far, and others wait for it */
    futex_wake(&preload.announced);
}

bool checkpoint_thread_away(void)
{
    if (!checkpoint_hold())
        return false;
    if (checkpoint_thread_forestall())
        thread_end_now();
    return true;
}

void checkpoint_thread_back(bool away)
{
    if (!away)
        return;
    bool notified = queue_notify_is_used();
    if (notified) /* the new thread's closing of descriptors would end it */
        queue_notify_off();
    checkpoint_unhold(true);
    checkpoint_thread_expect();
    if (!notified)
        return;
    checkpoint_thread_require();
    checkpoint_thread_settled();
    queue_notify_on();
}

#define WITHOUT_CHECKPOINT_THREAD(call)                                                            \
    ({                                                                                             \
        bool away_ = checkpoint_thread_away();                                                     \
        int result_ = call;                                                                        \
        checkpoint_thread_back(away_);                                                             \
        result_;                                                                                   \
    })

EXPORT int unshare(int flags)
{
    if ((flags & ~(CLONE_FILES | CLONE_SYSVSEM)) == 0)
        return REAL(unshare)(flags);
    return WITHOUT_CHECKPOINT_THREAD(REAL(unshare)(flags));
}

EXPORT int setns(int fd, int kind)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setns)(fd, kind));
}

EXPORT int setuid(uid_t id)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setuid)(id));
}

EXPORT int setgid(gid_t id)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setgid)(id));
}

EXPORT int seteuid(uid_t id)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(seteuid)(id));
}

EXPORT int setegid(gid_t id)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setegid)(id));
}

EXPORT int setreuid(uid_t real_id, uid_t effective)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setreuid)(real_id, effective));
}

EXPORT int setregid(gid_t real_id, gid_t effective)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setregid)(real_id, effective));
}

EXPORT int setresuid(uid_t real_id, uid_t effective, uid_t saved)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setresuid)(real_id, effective, saved));
}

EXPORT int setresgid(gid_t real_id, gid_t effective, gid_t saved)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setresgid)(real_id, effective, saved));
}

EXPORT int setgroups(size_t count, const gid_t *groups)
{
    return WITHOUT_CHECKPOINT_THREAD(REAL(setgroups)(count, groups));
}
