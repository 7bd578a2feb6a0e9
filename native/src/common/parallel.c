/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors
 *
 * For short moments in which somebody waits. The threads take no signals, which may be meant for a program that we are
 * a library of. */
#include "common/parallel.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define STACK_SIZE (128 * 1024)

struct shared_run {
    const struct parallel *parallel;
    size_t next; /* the first part that nobody has taken */
    int error;
};

static void *parts_work(void *argument)
{
    struct shared_run *run = argument;
    const struct parallel *parallel = run->parallel;
    void *buffer = NULL;
    int error = 0;

    if (parallel->buffer_size > 0 && posix_memalign(&buffer, 4096, parallel->buffer_size) != 0)
        error = -ENOMEM;
    while (error == 0 && __atomic_load_n(&run->error, __ATOMIC_RELAXED) == 0) {
        size_t first = __atomic_fetch_add(&run->next, parallel->take, __ATOMIC_RELAXED);
        if (first >= parallel->count)
            break;
        for (size_t i = first; error == 0 && i < first + parallel->take && i < parallel->count; i++)
            error = parallel->work(parallel->context, i, buffer);
    }
    if (error != 0)
        __atomic_store_n(&run->error, error, __ATOMIC_RELAXED);
    free(buffer);
    return NULL;
}

static size_t threads_wanted(const struct parallel *parallel)
{
    size_t takes = (parallel->count + parallel->take - 1) / parallel->take, threads = 1;
    cpu_set_t cpus;

    if (!parallel->alone && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
        threads = (size_t)CPU_COUNT(&cpus);
    if (threads > takes)
        threads = takes;
    return threads > PARALLEL_MAX ? PARALLEL_MAX : threads;
}

int parallel_run(const struct parallel *parallel)
{
    struct shared_run run = {.parallel = parallel};
    pthread_t threads[PARALLEL_MAX];
    pthread_attr_t attributes;
    size_t started = 0, wanted = threads_wanted(parallel);
    sigset_t all, before;

    if (wanted > 1 && pthread_attr_init(&attributes) == 0) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_attr_setstacksize(&attributes, STACK_SIZE);
        while (started + 1 < wanted &&
               pthread_create(&threads[started], &attributes, parts_work, &run) == 0)
            started++;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
    }
    parts_work(&run);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    return run.error;
}
