/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Several processes with several threads each. */
#include "testlib.h"
#include <pthread.h>
#include <semaphore.h>

#define PROCESSES 3
#define THREADS   4

static sem_t up;

static void *thread(void *arg)
{
    pid_t tid = my_tid();

    sem_post(&up);
    wait_go();
    CHECK(my_tid() == tid, "tid %d became %d", (int)tid, (int)my_tid());
    return arg;
}

static int process(int number, int announce)
{
    pthread_t id[THREADS];
    void *got;
    int sum = 0;

    for (intptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&id[i], NULL, thread, (void *)(i + number)) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        sem_wait(&up);
    MUST(write(announce, "x", 1));
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(id[i], &got) == 0, "pthread_join");
        sum += (int)(intptr_t)got;
    }
    return sum + sabotaged();
}

int main(void)
{
    int announce[2];
    pid_t pid[PROCESSES];
    char c;

    sem_init(&up, 0, 0);
    MUST(pipe(announce));
    for (int i = 0; i < PROCESSES; i++) {
        pid[i] = MUST(fork());
        if (pid[i] == 0)
            _exit(process(i, announce[1]));
    }
    for (int i = 0; i < PROCESSES; i++)
        MUST(read(announce[0], &c, 1));
    ready();
    wait_go();
    for (int i = 0; i < PROCESSES; i++)
        expect_exit(pid[i], THREADS * (THREADS - 1) / 2 + THREADS * i);
    pass();
}
