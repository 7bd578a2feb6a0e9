/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* What prctl and personality set: some for the process, most for each thread alone. A setting that this kernel lacks is
 * left out. */
#include "testlib.h"
#include <pthread.h>
#include <sys/personality.h>
#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif

static volatile bool look;

/* The second thread's own; nothing may read the time in it, since that would be a SIGSEGV. */
static void *thread(void *started)
{
    int counter = 0;
    bool speculation =
        prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0) == 0;

    MUST(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
    MUST(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
    MUST(prctl(PR_SET_KEEPCAPS, 1));
    MUST(personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC));
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    pthread_barrier_wait(started);
    while (!look)
        syscall(SYS_sched_yield);
    MUST(prctl(PR_GET_TSC, &counter));
    CHECK(counter == PR_TSC_SIGSEGV, "time stamp counter %d", counter);
    CHECK(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY, "memory errors");
    CHECK(prctl(PR_GET_KEEPCAPS) == 1, "keep capabilities");
    CHECK(personality(0xffffffff) == (ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC), "personality 0x%x",
          personality(0xffffffff));
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no new privileges");
    CHECK(!speculation || prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0) ==
                              (PR_SPEC_PRCTL | PR_SPEC_DISABLE),
          "speculation");
    return NULL;
}

int main(void)
{
    pthread_barrier_t started;
    pthread_t other;
    int counter = 0, reaper = 0;

    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
    MUST(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    pthread_barrier_init(&started, NULL, 2);
    CHECK(pthread_create(&other, NULL, thread, &started) == 0, "pthread_create");
    pthread_barrier_wait(&started);
    bool denies = prctl(PR_SET_MDWE, 1, 0, 0, 0) == 0;
    ready();
    wait_go();
    if (sabotaged())
        MUST(prctl(PR_SET_CHILD_SUBREAPER, 0));
    look = true;
    pthread_join(other, NULL);
    MUST(prctl(PR_GET_CHILD_SUBREAPER, &reaper));
    CHECK(reaper == 1, "no subreaper any more");
    CHECK(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1, "huge pages");
    CHECK(!denies || prctl(PR_GET_MDWE, 0, 0, 0, 0) == 1, "memory may be written and run");
    CHECK(prctl(PR_GET_DUMPABLE) == 1, "not dumpable any more");
    MUST(prctl(PR_GET_TSC, &counter));
    CHECK(counter == PR_TSC_ENABLE, "the main thread's time stamp counter");
    CHECK(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_DEFAULT,
          "the main thread's memory errors");
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "the main thread's privileges");
    CHECK(personality(0xffffffff) == 0, "the main thread's personality");
    pass();
}
