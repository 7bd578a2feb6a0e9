/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* pthread_cond_timedwait, sem_timedwait and a bare futex wait time out in time, never with EINTR. */
#include "sleeping.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>

static struct timespec wall_after_nap(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += nap.tv_sec + (t.tv_nsec + nap.tv_nsec) / 1000000000;
    t.tv_nsec = (t.tv_nsec + nap.tv_nsec) % 1000000000;
    return t;
}

/* A limit in wall-clock time may lie in the past after a restart: only "too early" is wrong. */
static void *condition(void *arg)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec end = wall_after_nap(), t;

    (void)arg;
    pthread_mutex_lock(&lock);
    int err = pthread_cond_timedwait(&never, &lock, &end);
    CHECK(err == ETIMEDOUT, "pthread_cond_timedwait: %s", strerror(err));
    clock_gettime(CLOCK_REALTIME, &t);
    CHECK(t.tv_sec > end.tv_sec || (t.tv_sec == end.tv_sec && t.tv_nsec >= end.tv_nsec),
          "too early");
    return NULL;
}

static void *semaphore(void *arg)
{
    struct timespec end = wall_after_nap();
    sem_t never;

    (void)arg;
    sem_init(&never, 0, 0);
    CHECK(sem_timedwait(&never, &end) == -1 && errno == ETIMEDOUT, "sem_timedwait: %s",
          strerror(errno));
    return NULL;
}

int main(void)
{
    pid_t pid = start_watcher(NULL, NULL);
    static int word = 5;
    pthread_t id[2];

    pthread_create(&id[0], NULL, condition, NULL);
    pthread_create(&id[1], NULL, semaphore, NULL);
    double started = now();
    long n = syscall(SYS_futex, &word, FUTEX_WAIT, 5, &nap, NULL, 0);
    CHECK(n == -1 && errno == ETIMEDOUT, "futex = %ld: %s", n, strerror(errno));
    check_nap(started);
    pthread_join(id[0], NULL);
    pthread_join(id[1], NULL);
    expect_exit(pid, 0);
    pass();
}
