/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* CPU affinity, policy, niceness, timer slack and I/O priority are each thread's own; so is the signal that comes when a
 * parent dies. */
#include "testlib.h"
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define IDLE_CLASS (3 << 13)

static volatile bool look;

static int cpu_of(int index)
{
    cpu_set_t set;

    MUST(sched_getaffinity(getppid(), sizeof(set), &set));
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &set) && index-- == 0)
            return cpu;
    }
    return 0;
}

static void bind_to(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    MUST(sched_setaffinity(0, sizeof(set), &set));
}

static void expect_bound(const char *who, int cpu)
{
    cpu_set_t set;

    MUST(sched_getaffinity(0, sizeof(set), &set));
    CHECK(CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set), "%s may run on %d CPUs", who,
          CPU_COUNT(&set));
}

static void *thread(void *started)
{
    struct sched_param none = {0};
    int cpu = cpu_of(0);

    bind_to(cpu);
    MUST(sched_setscheduler(0, SCHED_BATCH, &none));
    MUST(setpriority(PRIO_PROCESS, 0, 7));
    MUST(prctl(PR_SET_TIMERSLACK, 123456));
    MUST(syscall(SYS_ioprio_set, 1, 0, IDLE_CLASS));
    pthread_barrier_wait(started);
    while (!look)
        moment(false);
    expect_bound("the thread", cpu);
    CHECK(sched_getscheduler(0) == SCHED_BATCH, "policy %d", sched_getscheduler(0));
    CHECK(getpriority(PRIO_PROCESS, 0) == 7, "nice %d", getpriority(PRIO_PROCESS, 0));
    CHECK(prctl(PR_GET_TIMERSLACK) == 123456, "timer slack %d", prctl(PR_GET_TIMERSLACK));
    CHECK(syscall(SYS_ioprio_get, 1, 0) == IDLE_CLASS, "I/O priority");
    return NULL;
}

int main(void)
{
    pthread_barrier_t started;
    pthread_t other;
    int slack = prctl(PR_GET_TIMERSLACK), signal = 0;
    cpu_set_t before, after;

    CHECK(slack != 123456, "timer slack");
    MUST(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    MUST(sched_getaffinity(0, sizeof(before), &before));
    pthread_barrier_init(&started, NULL, 2);
    CHECK(pthread_create(&other, NULL, thread, &started) == 0, "pthread_create");
    pthread_barrier_wait(&started);
    ready();
    wait_go();
    if (sabotaged())
        MUST(prctl(PR_SET_PDEATHSIG, 0));
    look = true;
    pthread_join(other, NULL);
    MUST(sched_getaffinity(0, sizeof(after), &after));
    CHECK(CPU_EQUAL(&before, &after), "the main thread may run on %d CPUs", CPU_COUNT(&after));
    CHECK(sched_getscheduler(0) == SCHED_OTHER, "the main thread's policy");
    CHECK(getpriority(PRIO_PROCESS, 0) != 7, "the main thread's niceness");
    CHECK(prctl(PR_GET_TIMERSLACK) == slack, "the main thread's timer slack");
    MUST(prctl(PR_GET_PDEATHSIG, &signal));
    CHECK(signal == SIGUSR1, "the parent's death gives signal %d", signal);
    pass();
}
