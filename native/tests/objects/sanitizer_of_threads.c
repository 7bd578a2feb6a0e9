/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* A program built with -fsanitize=thread, whose library has a thread of its own, shadows of tens of terabytes, and a
 * record of who has written what: it goes on, has found no race in what its threads do under locks, and still finds one. */
#include "testlib.h"
#include <pthread.h>

#define THREADS 4
#define WORDS   4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long words[WORDS], rounds;
static bool ended;
static int races;
static int unlocked;

/* The sanitizer asks, and tells. */
const char *__tsan_default_options(void);
void __tsan_on_report(void *report);

const char *__tsan_default_options(void)
{
    return "log_path=races:exitcode=0"; /* what it finds goes to a file, not to standard error */
}

void __tsan_on_report(void *report)
{
    (void)report;
    __atomic_fetch_add(&races, 1, __ATOMIC_RELAXED);
}

static void *work(void *seed)
{
    unsigned long number = (unsigned long)seed;
    bool over = false;

    while (!over) {
        pthread_mutex_lock(&lock);
        for (size_t i = 0; i < WORDS; i++)
            words[i] += number;
        rounds += number;
        over = ended;
        pthread_mutex_unlock(&lock);
        usleep(1000);
    }
    return NULL;
}

static void *write_unlocked(void *unused)
{
    unlocked++;
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS], two[2];

    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0, "no thread");
    ready();
    wait_go();
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (sabotaged())
        words[7]++;
    for (size_t i = 0; i < WORDS; i++)
        CHECK(words[i] == rounds, "word %zu is %lu, not %lu", i, words[i], rounds);
    CHECK(__atomic_load_n(&races, __ATOMIC_RELAXED) == 0, "races where there are none");
    for (size_t i = 0; i < 2; i++)
        CHECK(pthread_create(&two[i], NULL, write_unlocked, NULL) == 0, "no thread");
    for (size_t i = 0; i < 2; i++)
        pthread_join(two[i], NULL);
    CHECK(__atomic_load_n(&races, __ATOMIC_RELAXED) == 1, "a race is not found");
    pass();
}
