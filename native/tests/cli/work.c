/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* Work for the tests of loaders and C libraries: threads that allocate and add up, thread-local storage, a child that
 * answers through a pipe, and formatted output, all the time. Ends with `pass`. Also built against musl. */
#include "testlib.h"
#include <pthread.h>

#define THREADS 3

static volatile int stop;
static __thread unsigned long mine;
static unsigned long rounds[THREADS];

static void *work(void *argument)
{
    unsigned long id = (unsigned long)argument, sum = 0;

    while (!stop || mine < 100) {
        char *text = malloc(64 + mine % 1000);
        snprintf(text, 64, "%lu of %lu", mine, id);
        sum += (unsigned long)atol(text);
        free(text);
        __atomic_store_n(&rounds[id], ++mine, __ATOMIC_SEQ_CST);
        if (mine % 64 == 0)
            moment(false);
    }
    return (void *)(sum - mine * (mine - 1) / 2);
}

static pid_t echo_start(int to[2], int from[2])
{
    char byte;

    MUST(pipe(to));
    MUST(pipe(from));
    pid_t pid = MUST(fork());
    if (pid != 0) {
        close(to[0]);
        close(from[1]);
        return pid;
    }
    close(to[1]);
    close(from[0]);
    while (read(to[0], &byte, 1) == 1) {
        byte++;
        if (write(from[1], &byte, 1) != 1)
            _exit(1);
    }
    _exit(7);
}

static void echo(const int to[2], const int from[2], char byte)
{
    char answer = 0;

    CHECK(write(to[1], &byte, 1) == 1 && read(from[0], &answer, 1) == 1 && answer == byte + 1,
          "the child answered %d to %d", answer, byte);
}

int main(void)
{
    pthread_t threads[THREADS];
    int to[2], from[2];
    pid_t child = echo_start(to, from);

    for (unsigned long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0, "no thread");
    echo(to, from, 3);
    ready();
    wait_go();
    echo(to, from, sabotaged() ? 127 : 11);
    unsigned long before = rounds[1];
    while (rounds[1] < before + 10)
        moment(false);
    stop = 1;
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL, "thread %d is off by %ld", i,
              (long)wrong);
    }
    close(to[1]);
    expect_exit(child, 7);
    pass();
}
