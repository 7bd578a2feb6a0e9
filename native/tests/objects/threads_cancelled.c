/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Cancellation: of a thread that waits, one that computes, one that has it switched off, and one that was asked before the
 * checkpoint; each runs its cleanup handlers and destroys its thread-specific data. */
#include "testlib.h"
#include <pthread.h>

static pthread_key_t key;
static volatile int cleaned, destroyed, waiting;
static volatile bool enable;

static void clean(void *arg)
{
    (void)arg;
    __atomic_add_fetch(&cleaned, 1, __ATOMIC_SEQ_CST);
}

static void destroy(void *arg)
{
    (void)arg;
    __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static void begin(void)
{
    pthread_setspecific(key, &key);
    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
}

static void *waits(void *arg)
{
    pthread_cleanup_push(clean, NULL);
    begin();
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return arg;
}

static void *computes(void *arg)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(clean, NULL);
    begin();
    for (volatile unsigned long i = 0;; i++)
        ;
    pthread_cleanup_pop(0);
    return arg;
}

static void *refuses(void *arg)
{
    int old;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cleanup_push(clean, NULL);
    begin();
    while (!enable)
        moment(false);
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old) == 0 && old == PTHREAD_CANCEL_DISABLE,
          "the cancel state");
    pthread_testcancel();
    fail("the pending cancellation was lost");
    pthread_cleanup_pop(0);
    return arg;
}

static pthread_t start(void *(*function)(void *))
{
    int before = waiting;
    pthread_t id;

    CHECK(pthread_create(&id, NULL, function, NULL) == 0, "pthread_create");
    while (waiting == before)
        moment(false);
    return id;
}

static void expect_cancelled(pthread_t id, const char *what)
{
    void *got;

    CHECK(pthread_join(id, &got) == 0 && got == PTHREAD_CANCELED, "the thread that %s", what);
}

int main(void)
{
    pthread_key_create(&key, destroy);
    pthread_t a = start(waits), b = start(computes), c = start(refuses), d = start(refuses);

    pthread_cancel(c);
    ready();
    wait_go();
    if (sabotaged())
        cleaned++;
    pthread_cancel(a);
    pthread_cancel(b);
    expect_cancelled(a, "waits");
    expect_cancelled(b, "computes");
    pthread_cancel(d);
    enable = true;
    expect_cancelled(c, "was asked before");
    expect_cancelled(d, "was asked after");
    CHECK(cleaned == 4 && destroyed == 4, "%d cleaned, %d destroyed", cleaned, destroyed);
    pass();
}
