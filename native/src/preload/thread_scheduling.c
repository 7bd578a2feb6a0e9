/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * How a thread is scheduled: policy and priority, niceness, CPUs, timer slack, I/O priority, memory policy. Each thread
 * saves and restores its own. What the host of a restart does not grant, say a CPU that it has not got, is let be. */
#include "preload/preload.h"
#include "preload/text.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define IOPRIO_WHO_PROCESS 1

/* Another host, or another allocation of the same one, has other CPUs: only who is bound more narrowly, or
 * elsewhere, than the coordinator is bound again. */
static bool is_bound(const uint64_t *cpus)
{
    for (int i = 0; i < THREAD_CPU_WORDS; i++) {
        if (cpus[i] != preload.inherited.cpus[i])
            return true;
    }
    return false;
}

void thread_scheduling_save(struct thread_scheduling *scheduling)
{
    scheduling->nice =
        20 - (int32_t)raw2(SYS_getpriority, PRIO_PROCESS, 0); /* the raw call returns 20 - nice */
    scheduling->policy = (int32_t)raw1(SYS_sched_getscheduler, 0);
    if (raw2(SYS_sched_getparam, 0, &scheduling->priority) < 0)
        scheduling->priority = 0;
    scheduling->io_priority = (int32_t)raw2(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
    scheduling->has_own_nice = scheduling->nice != preload.inherited.nice;
    scheduling->has_own_io_priority = scheduling->io_priority != preload.inherited.io_priority;
    scheduling->timer_slack = (uint64_t)raw1(SYS_prctl, PR_GET_TIMERSLACK);
    memset(scheduling->memory_nodes, 0, sizeof(scheduling->memory_nodes));
    if (raw5(SYS_get_mempolicy, &scheduling->memory_policy, scheduling->memory_nodes,
             8 * sizeof(scheduling->memory_nodes), 0, 0) < 0)
        scheduling->memory_policy = 0;
    memset(scheduling->cpus, 0, sizeof(scheduling->cpus));
    scheduling->bound =
        raw3(SYS_sched_getaffinity, 0, sizeof(scheduling->cpus), scheduling->cpus) > 0 &&
        is_bound(scheduling->cpus);
}

void thread_scheduling_restore(const struct thread_scheduling *scheduling)
{
    int32_t priority = scheduling->priority;

    if (scheduling->bound)
        raw3(SYS_sched_setaffinity, 0, sizeof(scheduling->cpus), scheduling->cpus);
    if (scheduling->policy > 0)
        raw3(SYS_sched_setscheduler, 0, scheduling->policy, &priority);
    if (scheduling->has_own_nice)
        raw3(SYS_setpriority, PRIO_PROCESS, 0, scheduling->nice);
    if (scheduling->has_own_io_priority && scheduling->io_priority >= 0)
        raw3(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, scheduling->io_priority);
    if (scheduling->memory_policy > 0)
        raw3(SYS_set_mempolicy, scheduling->memory_policy, scheduling->memory_nodes,
             8 * sizeof(scheduling->memory_nodes));
    if ((int64_t)scheduling->timer_slack > 0)
        raw2(SYS_prctl, PR_SET_TIMERSLACK, scheduling->timer_slack);
}
