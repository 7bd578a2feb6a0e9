/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The nf-checkpoint authors */
/* sleep() returns 0 and usleep() sleeps its time although they are checkpointed inside. */
#include "sleeping.h"
#include <pthread.h>

static void *with_usleep(void *arg)
{
    double started = now();

    (void)arg;
    CHECK(usleep(1500000) == 0, "usleep: %s", strerror(errno));
    check_nap(started);
    return NULL;
}

int main(void)
{
    pid_t pid = start_watcher(NULL, NULL);
    pthread_t id;

    pthread_create(&id, NULL, with_usleep, NULL);
    double started = now();
    unsigned int left = sleep(2);
    CHECK(left == 0, "sleep() came back with %u s left", left);
    CHECK(now() - started > 1.98, "sleep(2) took %.3f s", now() - started);
    pthread_join(id, NULL);
    expect_exit(pid, 0);
    pass();
}
