/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Robust mutexes, in one process and shared by two: an owner that dies after the checkpoint is reported. */
#include "testlib.h"
#include <pthread.h>
#include <sys/mman.h>

struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    volatile int owned, told;
};

static struct shared *shared;
static pthread_mutex_t own;
static volatile bool owned;

static void mutex_make(pthread_mutex_t *mutex, int sharing)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, sharing);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    CHECK(pthread_mutex_init(mutex, &attr) == 0, "pthread_mutex_init");
}

static void *owner(void *arg)
{
    CHECK(pthread_mutex_lock(&own) == 0, "lock");
    owned = true;
    wait_go();
    return arg;
}

static void process(void)
{
    CHECK(pthread_mutex_lock(&shared->mutex) == 0, "lock");
    while (!shared->told) /* waits as the owner of nothing, then owns it again */
        CHECK(pthread_cond_wait(&shared->cond, &shared->mutex) == 0, "wait");
    shared->owned = 2;
    wait_for("die", false);
    kill(getpid(), SIGKILL);
}

static void expect_owner_dead(pthread_mutex_t *mutex)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    int got = pthread_mutex_timedlock(mutex, &until);
    CHECK(got == EOWNERDEAD, "lock: %s", strerror(got));
    CHECK(pthread_mutex_consistent(mutex) == 0, "pthread_mutex_consistent");
    CHECK(pthread_mutex_unlock(mutex) == 0 && pthread_mutex_lock(mutex) == 0, "lock again");
}

int main(void)
{
    pthread_condattr_t attr;
    pthread_t id;

    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED, "mmap");
    mutex_make(&own, PTHREAD_PROCESS_PRIVATE);
    mutex_make(&shared->mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&attr);
    pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&shared->cond, &attr);
    pid_t child = MUST(fork());
    if (child == 0)
        process();
    CHECK(pthread_create(&id, NULL, owner, NULL) == 0, "pthread_create");
    while (!owned)
        moment(false);
    ready();
    wait_go();
    pthread_mutex_lock(&shared->mutex);
    shared->told = 1;
    pthread_cond_signal(&shared->cond);
    pthread_mutex_unlock(&shared->mutex);
    while (shared->owned != 2)
        moment(false);
    if (sabotaged())
        mutex_make(&shared->mutex, PTHREAD_PROCESS_SHARED);
    touch("die");
    expect_owner_dead(&shared->mutex);
    expect_owner_dead(&own);
    pthread_join(id, NULL);
    int status = status_of(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child's status 0x%x", status);
    pass();
}
