/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A named semaphore and POSIX shared memory keep their values; so does a process-shared and robust mutex in it. */
#include "testlib.h"
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

struct shared {
    pthread_mutex_t plain, robust;
    int counter;
};

static void mutex_init(pthread_mutex_t *mutex, bool robust)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (robust)
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    CHECK(pthread_mutex_init(mutex, &attributes) == 0, "pthread_mutex_init");
}

/* Takes both mutexes, and dies with the robust one. */
static void child(struct shared *shared, sem_t *semaphore)
{
    CHECK(pthread_mutex_lock(&shared->robust) == 0, "lock the robust mutex");
    MUST(sem_post(semaphore));
    CHECK(pthread_mutex_lock(&shared->plain) == 0, "lock the plain mutex");
    shared->counter++;
    pthread_mutex_unlock(&shared->plain);
    _exit(0);
}

int main(void)
{
    char name[64], memory_name[80];
    int value;

    snprintf(name, sizeof(name), "/ckpt-test-%d-%ld", (int)geteuid(), (long)(now() * 1e6));
    snprintf(memory_name, sizeof(memory_name), "%s-memory", name);
    sem_t *semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 2);
    CHECK(semaphore != SEM_FAILED, "sem_open: %s", strerror(errno));
    int fd = MUST(shm_open(memory_name, O_RDWR | O_CREAT | O_EXCL, 0600));
    MUST(ftruncate(fd, sizeof(struct shared)));
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(shared != MAP_FAILED, "mmap");
    close(fd);
    mutex_init(&shared->plain, false);
    mutex_init(&shared->robust, true);
    CHECK(pthread_mutex_lock(&shared->plain) == 0, "lock");
    pid_t pid = MUST(fork());
    if (pid == 0)
        child(shared, semaphore);
    do {
        moment(false);
        MUST(sem_getvalue(semaphore, &value));
    } while (value < 3);
    ready();
    wait_go();
    /* First, so that a failure leaves none behind. */
    int unlinked = sem_unlink(name), memory_unlinked = shm_unlink(memory_name);
    CHECK(unlinked == 0, "the semaphore has lost its name");
    CHECK(memory_unlinked == 0, "the memory has lost its name");
    MUST(sem_getvalue(semaphore, &value));
    if (sabotaged())
        value++;
    CHECK(value == 3, "the semaphore is at %d", value);
    shared->counter = 10;
    pthread_mutex_unlock(&shared->plain);
    expect_exit(pid, 0);
    CHECK(shared->counter == 11, "the counter is at %d", shared->counter);
    CHECK(pthread_mutex_lock(&shared->robust) == EOWNERDEAD, "the dead owner is not noticed");
    sem_close(semaphore);
    pass();
}
