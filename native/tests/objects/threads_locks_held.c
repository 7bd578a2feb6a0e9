/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Mutexes of every kind, held and waited for; a condition variable, a barrier, a rwlock and semaphores with waiters. */
#include "testlib.h"
#include <pthread.h>
#include <semaphore.h>

#define KINDS 4

static pthread_mutex_t locks[KINDS], cond_lock = PTHREAD_MUTEX_INITIALIZER;
static const int kinds[KINDS] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
                                 PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ADAPTIVE_NP};
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static volatile int counts[KINDS], told, written, taken;

static void *lock_user(void *arg)
{
    long kind = (long)arg;

    CHECK(pthread_mutex_lock(&locks[kind]) == 0, "lock %ld", kind);
    counts[kind]++;
    CHECK(pthread_mutex_unlock(&locks[kind]) == 0, "unlock %ld", kind);
    pthread_mutex_lock(&cond_lock);
    while (told == 0)
        pthread_cond_wait(&cond, &cond_lock);
    pthread_mutex_unlock(&cond_lock);
    CHECK(pthread_rwlock_wrlock(&rwlock) == 0, "lock for writing");
    written++;
    pthread_rwlock_unlock(&rwlock);
    CHECK(sem_wait(&semaphore) == 0, "sem_wait: %s", strerror(errno));
    __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void *condition_waiter(void *arg)
{
    pthread_mutex_lock(&cond_lock);
    while (told == 0)
        pthread_cond_wait(&cond, &cond_lock);
    pthread_mutex_unlock(&cond_lock);
    pthread_barrier_wait(&barrier);
    return arg;
}

static void *barrier_waiter(void *arg)
{
    pthread_barrier_wait(&barrier);
    return arg;
}

static void *semaphore_waiter(void *arg)
{
    CHECK(sem_wait(&semaphore) == 0, "sem_wait: %s", strerror(errno));
    __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    return arg;
}

static void *writer(void *arg)
{
    CHECK(pthread_rwlock_wrlock(&rwlock) == 0, "lock for writing");
    written++;
    pthread_rwlock_unlock(&rwlock);
    return arg;
}

static void lock_all(void)
{
    for (int i = 0; i < KINDS; i++) {
        pthread_mutexattr_t attr;
        pthread_mutexattr_init(&attr);
        pthread_mutexattr_settype(&attr, kinds[i]);
        pthread_mutex_init(&locks[i], &attr);
        pthread_mutex_lock(&locks[i]);
        if (kinds[i] == PTHREAD_MUTEX_RECURSIVE)
            pthread_mutex_lock(&locks[i]);
    }
}

static void unlock_all(void)
{
    CHECK(pthread_mutex_lock(&locks[2]) == EDEADLK, "the owner of an error-checking lock");
    for (int i = 0; i < KINDS; i++) {
        CHECK(counts[i] == 0, "lock %d did not hold", i);
        CHECK(pthread_mutex_trylock(&locks[i]) == (i == 1 ? 0 : EBUSY), "trylock %d", i);
        for (int depth = i == 1 ? 3 : 1; depth > 0; depth--)
            CHECK(pthread_mutex_unlock(&locks[i]) == 0, "unlock %d", i);
    }
}

int main(void)
{
    void *(*const more[])(void *) = {condition_waiter, barrier_waiter, semaphore_waiter, writer};
    pthread_t ids[KINDS + 4];

    lock_all();
    pthread_barrier_init(&barrier, NULL, KINDS + 3);
    sem_init(&semaphore, 0, 0);
    pthread_rwlock_rdlock(&rwlock);
    for (long i = 0; i < KINDS + 4; i++)
        CHECK(pthread_create(&ids[i], NULL, i < KINDS ? lock_user : more[i - KINDS], (void *)i) ==
                  0,
              "pthread_create");
    ready();
    wait_go();
    CHECK(written == 0 && taken == 0, "somebody got through");
    unlock_all();
    if (sabotaged())
        told = -1;
    pthread_mutex_lock(&cond_lock);
    told++;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&cond_lock);
    if (told == 0)
        fail("nobody was told");
    pthread_rwlock_unlock(&rwlock);
    for (int i = 0; i < KINDS + 1; i++)
        sem_post(&semaphore);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < KINDS + 4; i++)
        CHECK(pthread_join(ids[i], NULL) == 0, "join %d", i);
    CHECK(counts[0] + counts[1] + counts[2] + counts[3] == KINDS, "the locks' users");
    CHECK(written == KINDS + 1 && taken == KINDS + 1, "%d wrote, %d took", written, taken);
    pass();
}
