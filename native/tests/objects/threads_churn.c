/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Threads that start others and end, hundreds at a time, joined and detached: every result arrives. */
#include "testlib.h"
#include <pthread.h>
#include <semaphore.h>

#define WIDTH 12

static volatile unsigned long made, ended;
static sem_t detached_over;

static void *leaf(void *arg)
{
    char stack[512];

    fill(stack, sizeof(stack), (uintptr_t)arg);
    CHECK(first_wrong(stack, sizeof(stack), (uintptr_t)arg) < 0, "a leaf's stack");
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return (char *)arg + 1;
}

static void *leaf_detached(void *arg)
{
    leaf(arg);
    sem_post(&detached_over);
    return NULL;
}

static pthread_t start(void *(*function)(void *), uintptr_t arg, const pthread_attr_t *attr)
{
    pthread_t id;

    CHECK(pthread_create(&id, attr, function, (void *)arg) == 0, "pthread_create");
    __atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST);
    return id;
}

static void *branch(void *arg)
{
    pthread_t ids[WIDTH];
    uintptr_t sum = 0;
    void *got;

    for (uintptr_t i = 0; i < WIDTH; i++)
        ids[i] = start(leaf, (uintptr_t)arg + i, NULL);
    for (uintptr_t i = 0; i < WIDTH; i++) {
        CHECK(pthread_join(ids[i], &got) == 0, "pthread_join");
        sum += (uintptr_t)got - (uintptr_t)arg - i;
    }
    return (void *)sum;
}

int main(void)
{
    pthread_attr_t detached;
    pthread_t ids[WIDTH];
    void *got;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    sem_init(&detached_over, 0, 0);
    ready();
    for (bool over = false; !over;) {
        over = exists("go");
        for (uintptr_t i = 0; i < WIDTH; i++) {
            ids[i] = start(branch, 1000 * i, NULL);
            start(leaf_detached, i, &detached);
        }
        for (uintptr_t i = 0; i < WIDTH; i++) {
            CHECK(pthread_join(ids[i], &got) == 0, "pthread_join");
            CHECK((uintptr_t)got == WIDTH, "a branch lost %d leaves", WIDTH - (int)(uintptr_t)got);
            CHECK(sem_wait(&detached_over) == 0, "sem_wait: %s", strerror(errno));
        }
    }
    if (sabotaged())
        ended--;
    CHECK(made == ended / (WIDTH + 1) * (WIDTH + 2), "%lu made, %lu ended", made, ended);
    pass();
}
