/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * Stopped processes: their parents know whether a stop has been reported by wait(2) yet, and after a restart they see to
 * it that this stays so; the processes themselves stop again, with their user threads parked. Called by the checkpoint
 * thread. */
#include "preload/preload.h"
#include "preload/text.h"

#include <linux/time_types.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct {
    int32_t pid;
    int32_t signal; /* of the stop, while it has not been reported */
} children[WIRE_STOPPED_MAX];

static int32_t child_wait(int32_t pid, int options)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    if (raw5(SYS_waitid, P_PID, pid, &info, options | __WALL, NULL) < 0)
        return -1;
    return info.si_pid == pid && info.si_code == CLD_STOPPED ? info.si_status : 0;
}

void stopped_children_save(const int32_t *pids, uint8_t *ret_signals)
{
    for (int i = 0; i < WIRE_STOPPED_MAX; i++) {
        int32_t signal = pids[i] == 0 ? 0 : child_wait(pids[i], WSTOPPED | WNOWAIT | WNOHANG);
        children[i].pid = pids[i];
        children[i].signal = signal > 0 ? signal : 0;
        ret_signals[i] = (uint8_t)children[i].signal;
    }
}

/* The kernel keeps one SIGCHLD, so that of a stop may stand for somebody's end as well. */
static void child_signal_drop(void)
{
    struct __kernel_timespec at_once = {0};
    unsigned long set = BIT(SIGCHLD);
    siginfo_t info, ended;

    if (raw4(SYS_rt_sigtimedwait, &set, &info, &at_once, sizeof(set)) < 0)
        return;
    memset(&ended, 0, sizeof(ended));
    raw5(SYS_waitid, P_ALL, 0, &ended, WEXITED | WNOWAIT | WNOHANG | __WALL, NULL);
    if (info.si_code != CLD_STOPPED || ended.si_pid != 0)
        raw3(SYS_rt_sigqueueinfo, raw0(SYS_gettid), SIGCHLD, &info);
}

void stopped_children_restore(void)
{
    bool any = false;

    for (int i = 0; i < WIRE_STOPPED_MAX && children[i].pid != 0; i++) {
        child_wait(children[i].pid, WSTOPPED | WCONTINUED | WEXITED | WNOWAIT);
        stopped_tasks_await(
            children[i].pid); /* wait(2) tells of a stop before its SIGCHLD is sent */
        if (children[i].signal == 0)
            child_wait(children[i].pid, WSTOPPED | WNOHANG);
        children[i].pid = 0;
        any = true;
    }
    if (any)
        child_signal_drop();
}

static bool is_pending(int signal)
{
    unsigned long set = 0;

    raw2(SYS_rt_sigpending, &set, sizeof(set));
    return (set & BIT(signal)) != 0;
}

/* SIGTSTP and its like do nothing to a process group that nobody watches, and nothing to threads that block them. */
static void stop_by(int signal)
{
    struct kernel_sigaction stop = {0}, before;
    unsigned long bit = BIT(signal);

    raw4(SYS_rt_sigaction, signal, &stop, &before, sizeof(bit));
    raw4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, sizeof(bit));
    raw3(SYS_tgkill, preload.pid, raw0(SYS_gettid), signal);
    raw4(SYS_rt_sigprocmask, SIG_BLOCK, &bit, NULL, sizeof(bit));
    raw4(SYS_rt_sigaction, signal, &before, NULL, sizeof(bit));
}

void process_stop(int signal, bool (*is_awaited)(int fd), int fd)
{
    if (signal != SIGSTOP)
        stop_by(signal);
    /* To this thread, which must be the first to stop. What continued it is pending, since everybody blocks it; or the supervisor wants something. */
    if (signal == SIGSTOP || !(is_pending(SIGCONT) || is_awaited(fd)))
        raw3(SYS_tgkill, preload.pid, raw0(SYS_gettid), SIGSTOP);
}
